import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ExperimentRequest, readAnswer, type ShownExperiment } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { nameKey } from '../ui/keys.ts'
import { countNoun, formatCount, formatDollars } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { useOnce } from '../ui/use-once.ts'
import type { ReadText, Trouble } from './document.ts'
import { readPath } from './document.ts'
import { isExperimentRequest } from './experiment-text.ts'
import { type Check, placeRefusal } from './use-check.ts'

interface FootProps {
  read: ReadText
  /** Whether the text has changed since it was read. */
  late: boolean
  check: Check
  origin: ShownExperiment | null
  /** What the server said when it was sent, at its places. */
  onRefused: (troubles: Trouble[]) => void
  /** The text is the server's now: as a draft with this id, or started. */
  onKept: (id: string, started: boolean) => void
}

/** What it would take, on the button that starts it. */
export function BuildFoot({ read, late, check, origin, onRefused, onKept }: FootProps) {
  const { project } = useProject()
  const navigate = useNavigate()
  const send = useSend(origin?.status === 'draft' ? origin.id : null)
  const once = useOnce()
  const ready = findReason(read, check)
  const isSound =
    read.value !== null && check.broken.length === 0 && check.refused.every(one => one.path[0] === 'sweep')
  const submit = (start: boolean) => {
    const { value } = read
    if (late || !isExperimentRequest(value) || (start ? ready !== null : !isSound)) return
    const sending = { request: value, start }
    once(onSettled =>
      send.mutate(sending, {
        onSettled,
        onSuccess: made => {
          onKept(made.id, start)
          const params = { project, id: made.id }
          if (start) void navigate({ to: '/p/$project/experiments/$id', params })
          else void navigate({ to: '/p/$project/experiments/$id/build', params, replace: true })
        },
        onError: error => onRefused(placeRefusal(read, error)),
      }),
    )
  }
  useKeys([
    { keys: ['mod+enter'], label: 'Start the experiment', group: 'Build', run: () => submit(true) },
    { keys: ['mod+s'], label: 'Keep it as a draft', group: 'Build', run: () => submit(false) },
  ])
  const isAway = check.error?.name === 'Unreachable'
  return (
    <footer className="build-foot">
      <Button
        variant="filled"
        disabled={ready !== null}
        loading={send.isPending && send.variables.start}
        onClick={() => submit(true)}
        title={nameKey('mod+enter')}
      >
        {describeStart(read, check)}
      </Button>
      <Button
        disabled={!isSound}
        loading={send.isPending && !send.variables.start}
        onClick={() => submit(false)}
        title={nameKey('mod+s')}
      >
        Keep as a draft
      </Button>
      <span role="status" className="quiet">
        {isAway
          ? "The server doesn't answer. Your text is kept in this browser; trying again."
          : (ready ?? describeWork(check, origin))}
      </span>
      {send.isError && (
        <Failure what={send.variables.start ? 'It was not started' : 'It was not kept'} error={send.error} />
      )}
    </footer>
  )
}

/** A draft that is open is described anew; anything else becomes another experiment. */
function useSend(draft: string | null) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ request, start }: { request: ExperimentRequest; start: boolean }) => {
      if (draft === null)
        return readAnswer(client.api.experiments.$post({ query: { start: String(start) }, json: request }))
      const param = { experiment_id: draft }
      const endpoint = client.api.experiments[':experiment_id']
      const kept = await readAnswer(endpoint.$put({ param, json: request }))
      return start ? readAnswer(endpoint.start.$post({ param })) : kept
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: [project, 'experiments'] }),
  })
}

/** Why it cannot be started as it stands; null if it can. */
function findReason({ value }: ReadText, check: Check): string | null {
  const [first] = [...check.broken, ...check.refused]
  if (first !== undefined) return `Line ${first.line}: ${first.message}.`
  if (check.error !== null && check.error.name !== 'Unreachable') return check.error.message
  if (!check.isFresh || check.expected === undefined) return 'Working out what it would take …'
  if (readPath(value, ['dataset']) == null) return 'Name the dataset that it is to run on.'
  return check.expected.variants === 0 ? 'Say in the pipeline what is asked.' : null
}

function describeStart({ value }: ReadText, { expected }: Check): string {
  if (expected === undefined || expected.calls === 0) return 'Start'
  const ceiling = readPath(value, ['sweep', 'max_cost_usd'])
  const most = typeof ceiling === 'number' ? ` of ${formatDollars(ceiling)}` : ''
  const { calls, cost_usd } = expected
  const cost = cost_usd === null ? 'no price' : cost_usd === 0 ? 'free' : `≈ ${formatDollars(cost_usd)}${most}`
  return `Start · ≈ ${countNoun(calls, 'call')} · ${cost}`
}

function describeWork({ expected }: Check, origin: ShownExperiment | null): string {
  if (expected === undefined) return ''
  const { variants, cases, cells, tokens_in, tokens_out, unpriced } = expected
  const known =
    origin === null || origin.status === 'draft'
      ? 'less where answers are known'
      : 'what was answered before costs nothing'
  const prices = unpriced.length === 0 ? '' : ` No price is known for ${unpriced.slice(0, 3).join(', ')}.`
  const tokens = `about ${formatCount(tokens_in)} tokens in and ${formatCount(tokens_out)} out`
  return `${countNoun(variants, 'variant')} × ${countNoun(cases, 'case')}: ${countNoun(cells, 'run')}, ${tokens}; ${known}.${prices}`
}
