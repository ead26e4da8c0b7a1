import { Button } from '@mantine/core'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ExpectedExport, type ExportRequest, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { countOf } from '../ui/numbers.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import { FORMAT_WORDS } from './correction-words.ts'
import type { CorrectionsSearch } from './corrections-search.ts'
import './exports.css'
import { useOnce } from '../ui/use-once.ts'

/** Counting reads every correction that passes the filter, so it is done again no oftener. */
const COUNT_AGAIN_MS = 10_000

/** What the file would come to, counted and shown, and the button that makes it. */
export function ExportPreview({ search }: { search: CorrectionsSearch }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const wish = toWish(search)
  const backwards = search.from !== undefined && search.to !== undefined && search.from > search.to
  const preview = useQuery({
    queryKey: [project, 'export preview', wish],
    queryFn: ({ signal }) =>
      readAnswer(client.api.corrections.exports.preview.$post({ json: wish }, { init: { signal } })),
    placeholderData: keepPreviousData,
    enabled: !backwards,
    staleTime: 0,
  })
  useFollowing([project, 'export preview'], ['corrections'], COUNT_AGAIN_MS)
  const once = useOnce()
  const make = useMutation({
    mutationFn: () => readAnswer(client.api.corrections.exports.$post({ json: wish })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: [project, 'exports'] }),
  })
  if (backwards) return <p role="status">The first date lies after the second.</p>
  const found = preview.data
  const ready = found !== undefined && !preview.isPlaceholderData && found.records > 0
  return (
    <section aria-labelledby="export-preview" className="export-preview">
      <h2 id="export-preview">What it comes to</h2>
      {preview.isPending && <Skeleton lines={5} />}
      {preview.isError && (
        <Failure what="Couldn't look ahead" error={preview.error} onRetry={() => void preview.refetch()} />
      )}
      {found && <Counts found={found} format={wish.format ?? 'sft'} />}
      {found?.samples.map((sample, index) => (
        <details
          // biome-ignore lint/suspicious/noArrayIndexKey: the first, second and third line
          key={index}
          open={index === 0}
        >
          <summary>
            Line {index + 1} · {countOf(sample.characters, 'character')}
          </summary>
          <pre className="sample-line">
            {sample.text}
            {sample.text.length < sample.characters && ' …'}
          </pre>
        </details>
      ))}
      <div className="panel-actions">
        <Button
          variant="filled"
          disabled={!ready || make.isPending}
          loading={make.isPending}
          onClick={() => once(onSettled => make.mutate(undefined, { onSettled }))}
        >
          {found === undefined ? 'Make the file' : `Make the file · ${countOf(found.records, 'line')}`}
        </Button>
        <span role="status">
          {make.isSuccess && `${make.data.file_name} is there, with ${countOf(make.data.records, 'line')}.`}
        </span>
      </div>
      {make.isError && <Failure what="The file was not made" error={make.error} />}
    </section>
  )
}

const REASONS: { [reason in keyof ExpectedExport['left_out']]: string } = {
  no_prompt: 'have no prompt',
  blank_original: 'have an original without text',
  same_text: 'equal their original',
}

function Counts({ found, format }: { found: ExpectedExport; format: string }) {
  const { approved, matching, without_text, left_out, records } = found
  const outside = Math.max(0, approved - matching)
  return (
    <ul className="export-counts">
      <li>
        <strong>{countOf(records, 'line')}</strong> of {FORMAT_WORDS[format]?.name ?? format}, of{' '}
        {countOf(approved, 'correction')} that could be exported.
      </li>
      {outside > 0 && <li>{outside.toLocaleString('en-US')} left out by the filters.</li>}
      {(['no_prompt', 'blank_original', 'same_text'] as const).map(
        reason =>
          left_out[reason] > 0 && (
            <li key={reason}>
              {left_out[reason].toLocaleString('en-US')} left out: they {REASONS[reason]}.
            </li>
          ),
      )}
      {without_text > 0 && (
        <li>{without_text.toLocaleString('en-US')} approved without a text that can be seen; in no export.</li>
      )}
    </ul>
  )
}

function toWish(search: CorrectionsSearch): ExportRequest {
  const { format = 'sft', from, to, source, failure_category, profile, split, test_share } = search
  const share = split === undefined || test_share === undefined ? {} : { test_share: Number(test_share) }
  const filter = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(source === undefined ? {} : { source }),
    ...(failure_category === undefined ? {} : { failure_category }),
    ...(profile === undefined ? {} : { profile }),
    ...(split === undefined ? {} : { split }),
    ...share,
  }
  return { format, filter }
}
