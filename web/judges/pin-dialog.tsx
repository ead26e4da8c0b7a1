import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type PinsRequest, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Confirm } from '../ui/confirm.tsx'
import { formatDollars } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'

/** Puts other versions in force, after it has said what becomes stale and what judging that again would cost. */
export function PinDialog({ pins, onClose }: { pins: PinsRequest; onClose: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const preview = useQuery({
    queryKey: [project, 'pins', 'preview', pins],
    queryFn: ({ signal }) => readAnswer(client.api.eval.pins.preview.$post({ json: pins }, { init: { signal } })),
    staleTime: 0,
    gcTime: 0,
  })
  const found = preview.data
  return (
    <Confirm
      title={found === undefined ? 'What would become stale' : describeOutcome(found)}
      action="Pin these versions"
      destructive={false}
      ready={found !== undefined && !found.in_force}
      onClose={onClose}
      onConfirm={async () => {
        await readAnswer(client.api.eval.pins.$put({ json: pins }))
        // Standings, trends and the lists all follow the pins.
        await queries.invalidateQueries({ queryKey: [project] })
      }}
    >
      {preview.isPending && <p role="status">Counting …</p>}
      {preview.isError && (
        <Failure what="Couldn't count" error={preview.error} onRetry={() => void preview.refetch()} />
      )}
      {found !== undefined && (
        <>
          <p>
            <strong>{describeBill(found)}</strong>{' '}
            {found.stale > 0 && (
              <Link to="/p/$project/sessions" params={{ project }} search={{ status: 'evaluated' }}>
                See what is judged now
              </Link>
            )}
          </p>
          <p>
            Panel <code>{found.judge_version}</code>
            <br />
            Rubric <code>{found.rubric_version}</code>
          </p>
          <p>Scores under the former versions stay, and count again when those are pinned again.</p>
        </>
      )}
    </Confirm>
  )
}

interface Preview {
  in_force: boolean
  stale: number
  calls: number | null
  cost_usd: number | null
  judge_model: string | null
}

function describeOutcome({ in_force, stale }: Preview): string {
  if (in_force) return 'These versions are pinned already'
  if (stale === 0) return 'No session becomes stale'
  return stale === 1 ? '1 session becomes stale' : `${stale.toLocaleString('en-US')} sessions become stale`
}

/** "1,204 sessions become stale; judging them again ≈ $3.10." */
function describeBill(preview: Preview): string {
  const { stale, calls, cost_usd, judge_model } = preview
  const outcome = describeOutcome(preview)
  if (stale === 0) return `${outcome}.`
  const again = `${outcome}; judging ${stale === 1 ? 'it' : 'them'} again`
  if (calls === 0) return `${again} takes no calls.`
  if (cost_usd !== null)
    return `${again} ≈ ${formatDollars(cost_usd)}${judge_model === null ? '' : ` with ${judge_model}`}.`
  if (calls === null) return `${outcome}. No model has judged here yet, so what judging again costs is not known.`
  return `${again} takes ${calls.toLocaleString('en-US')} calls; the price of ${judge_model} is not known.`
}
