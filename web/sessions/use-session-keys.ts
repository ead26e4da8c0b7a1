import { type RefObject, useRef } from 'react'
import { FLAGGED_ROLES, hasOnlyResults, isUserTurn, MESSAGE_FLAGS } from '#sessions/message-flags.ts'
import { useKeys } from '../ui/use-keys.ts'
import { ONLY_AGENTS, type useRating } from './ratings.tsx'
import type { Conversation } from './session-query.ts'
import type { TranscriptControl } from './transcript.tsx'

/** What the page says of something that was done. */
export interface Notice {
  text: string
  failed?: boolean
  /** What it became in corrections. */
  candidate?: string
}

interface SessionKeys {
  of: Conversation
  flags: number[]
  current: number
  control: RefObject<TranscriptControl | null>
  /** @returns the row that shows the message. */
  goTo: (index: number) => Promise<number | undefined>
  rating: ReturnType<typeof useRating>
  setCommenting: (index: number | null) => void
  sendToCorrections: (index: number) => Promise<void>
  setNotice: (notice: Notice) => void
  finding: boolean
  find: () => void
}

const GROUP = 'Session'

/** What the keys do on the page of a session. */
export function useSessionKeys(page: SessionKeys): void {
  const { flags, current, control, goTo, rating, setNotice } = page
  // A failure is shown at its call, which stands before it.
  const failure = useRef({ row: -1, index: -1 })
  const move = (by: 1 | -1, isTarget: (flags: number) => boolean) => {
    const start = control.current?.isSeen(current) ? current : (control.current?.seen() ?? 0) - (by === 1 ? 1 : 0)
    for (let index = start + by; index >= 0 && index < flags.length; index += by) {
      if (isTarget(flags[index] ?? 0)) return void goTo(index)
    }
  }
  const here = (run: (index: number) => void) => () => {
    const index = control.current?.isSeen(current) ? current : (control.current?.seen() ?? -1)
    if (index >= 0) run(index)
  }
  const ofMain = (run: (index: number) => void) =>
    here(index => {
      if (page.of.thread === 0) run(index)
      else setNotice({ text: 'Thumbs and corrections are for the conversation itself, not for a subagent’s.' })
    })
  const rate = (thumb: 1 | -1) =>
    ofMain(index => {
      const now = rating.toggle(index, thumb)
      const word = now === 0 ? 'taken back' : thumb === 1 ? 'up' : 'down'
      setNotice({ text: `Thumb ${word}, message ${index}.` })
    })
  const isShown = (of: number) => !hasOnlyResults(of)
  const hasFailed = (of: number) => (of & MESSAGE_FLAGS.failed) !== 0
  const goToFailure = async (by: 1 | -1) => {
    const { row, index } = failure.current
    const start =
      row >= 0 && row === current ? index : control.current?.isSeen(current) ? current : (control.current?.seen() ?? 0)
    for (let at = start + by; at >= 0 && at < flags.length; at += by) {
      if (!hasFailed(flags[at] ?? 0)) continue
      failure.current = { row: (await goTo(at)) ?? at, index: at }
      return
    }
    setNotice({ text: by === 1 ? 'No failure further down.' : 'No failure further up.' })
  }
  useKeys([
    { keys: ['j'], label: 'Next message', group: GROUP, run: () => move(1, isShown), repeats: true },
    { keys: ['k'], label: 'Previous message', group: GROUP, run: () => move(-1, isShown), repeats: true },
    { keys: ['n'], label: 'Next request of the user', group: GROUP, run: () => move(1, isUserTurn), repeats: true },
    {
      keys: ['p'],
      label: 'Previous request of the user',
      group: GROUP,
      run: () => move(-1, isUserTurn),
      repeats: true,
    },
    { keys: ['.'], label: 'Next failure', group: GROUP, run: () => void goToFailure(1), repeats: true },
    { keys: [','], label: 'Previous failure', group: GROUP, run: () => void goToFailure(-1), repeats: true },
    { keys: ['g', 'Home'], label: 'First message', group: GROUP, run: () => void goTo(0) },
    {
      keys: ['e', 'End'],
      label: 'Last message',
      group: GROUP,
      run: () => void goTo(Math.max(0, flags.length - 1)),
    },
    { keys: ['Enter'], label: 'Fold or open', group: GROUP, run: here(index => void control.current?.fold(index)) },
    { keys: ['+'], label: 'Thumb up, again: taken back', group: GROUP, run: rate(1) },
    { keys: ['-'], label: 'Thumb down, again: taken back', group: GROUP, run: rate(-1) },
    { keys: ['m'], label: 'Comment', group: GROUP, run: ofMain(index => page.setCommenting(index)) },
    {
      keys: ['c'],
      label: 'Send to corrections',
      group: GROUP,
      run: ofMain(index => {
        if (FLAGGED_ROLES[(flags[index] ?? 0) & 3] === 'assistant') void page.sendToCorrections(index)
        else setNotice({ text: ONLY_AGENTS })
      }),
    },
    {
      keys: ['y'],
      label: 'Copy a link to the message',
      group: GROUP,
      run: here(index => void copyLink(page.of, setNotice, index)),
    },
    { keys: ['/'], label: 'Find in this session', group: GROUP, run: page.find },
    page.finding
      ? { keys: ['mod+f'], label: 'Find in the page, by the browser', group: GROUP, run: page.find, told: true }
      : { keys: ['mod+f'], label: 'Find in the whole session', group: GROUP, run: page.find },
  ])
}

/** Puts the address of a message into the clipboard, or shows it where there is none. */
export async function copyLink(of: Conversation, setNotice: (notice: Notice) => void, index: number): Promise<void> {
  const thread = of.thread === 0 ? '' : `&thread=${of.thread}`
  const link = `${location.origin}${location.pathname}?m=${index}${thread}`
  try {
    await navigator.clipboard.writeText(link)
    setNotice({ text: `Link to message ${index} copied.` })
  } catch {
    setNotice({ text: link })
  }
}
