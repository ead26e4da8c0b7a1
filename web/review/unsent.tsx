import { Link } from '@tanstack/react-router'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { useLive } from '../shell/live.ts'
import { hurryOutbox, listEntries, resumeOutbox, watchOutbox } from './outbox.ts'
import { nameScreen, settleScreen } from './screen.ts'

/** Sends what review left unsent, from whatever page one is on, and says how many decisions wait for the server. */
export function Unsent() {
  const entries = useSyncExternalStore(watchOutbox, listEntries)
  const resume = useCallback(() => {
    void settleScreen()
      .then(() => resumeOutbox(nameScreen(), Date.now(), 'unsent'))
      .then(hurryOutbox)
  }, [])
  const { state } = useLive()
  // Also when the connection is back: another tab may have been closed while the server was away.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever it changes
  useEffect(resume, [resume, state])
  useEffect(() => {
    window.addEventListener('online', resume)
    return () => window.removeEventListener('online', resume)
  }, [resume])
  const stuck = entries.filter(entry => entry.trouble !== null || entry.state === 'refused')
  const [first] = stuck
  const refused = stuck.filter(entry => entry.state === 'refused').length
  return (
    <span className="unsent" role="status">
      {first !== undefined && (
        <Link
          to="/p/$project/corrections/review"
          params={{ project: first.project }}
          title={
            refused > 0 ? 'Compare them in the review' : 'Kept in this browser, and sent as soon as the server answers'
          }
        >
          {describeStuck(stuck.length - refused, refused)}
        </Link>
      )}
    </span>
  )
}

function describeStuck(waiting: number, refused: number): string {
  const n = waiting > 0 ? waiting : refused
  return `${n} ${n === 1 ? 'decision' : 'decisions'} ${waiting > 0 ? 'not sent yet' : 'refused'}`
}
