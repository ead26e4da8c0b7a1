import { Button, NativeSelect } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { ShownDatasetVersion } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { LoadFailure } from '../shell/missing.tsx'
import { useRecent } from '../shell/recent.ts'
import { Chips } from '../ui/chips.tsx'
import { offerBlob } from '../ui/csv.ts'
import { countNoun } from '../ui/numbers.ts'
import { SplitPage } from '../ui/split-page.tsx'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { CaseTable } from './case-table.tsx'
import { Collect } from './collect.tsx'
import { fetchExport, useDatasetVersions } from './dataset-query.ts'
import { ORIGINS } from './dataset-words.ts'
import './datasets-page.css'
import { DatasetVersions } from './dataset-versions.tsx'
import { type DatasetChange, type DatasetSearch, readDatasetSearch } from './datasets-search.ts'
import { Upload } from './upload.tsx'
import { VersionDifferences } from './version-differences.tsx'

const route = getRouteApi('/p/$project/datasets/$name/$v')

/** What is in it, what changed? */
export function DatasetPage() {
  const { name, v } = route.useParams()
  const pages = useDatasetVersions(name)
  if (pages.isError && pages.data === undefined)
    return (
      <LoadFailure
        what="Couldn't load the dataset"
        error={pages.error}
        onRetry={() => void pages.refetch()}
        missing={{ noun: 'dataset', name: name, list: { label: 'Datasets', to: '/p/$project/datasets' } }}
      />
    )
  if (pages.data === undefined) return <Skeleton lines={10} />
  const versions = pages.data.pages.flat()
  const open = v === 'newest' ? versions[0] : versions.find(one => String(one.version_no) === v || one.version === v)
  const total = versions[0]?.version_no ?? 0
  return (
    <SplitPage
      label={total === 1 ? '1 version' : `${total} versions`}
      list={
        <DatasetVersions
          name={name}
          versions={versions}
          open={open}
          onMore={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
        />
      }
    >
      {open === undefined ? (
        <>
          <h1 className="unseen">{name}</h1>
          <Empty
            action={
              pages.hasNextPage && (
                <Button onClick={() => void pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
                  Look among older ones
                </Button>
              )
            }
          >
            {v === 'newest'
              ? `The dataset “${name}” has no version yet.`
              : `There is no version “${v}” of “${name}” here.`}
          </Empty>
        </>
      ) : (
        <Version key={open.version_no} name={name} version={open} versions={versions} />
      )}
    </SplitPage>
  )
}

interface VersionProps {
  name: string
  version: ShownDatasetVersion
  versions: ShownDatasetVersion[]
}

function Version({ name, version, versions }: VersionProps) {
  const { v } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const change = useCallback(
    (to: DatasetChange, how: 'push' | 'replace' = 'push') =>
      void navigate({ search: former => readDatasetSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
  useKeys([
    { keys: ['n'], label: 'Upload a new version', group: 'Dataset', run: () => change({ open: 'upload' }) },
    { keys: ['c'], label: 'Collect cases', group: 'Dataset', run: () => change({ open: 'collect' }) },
  ])
  const newest = versions[0]?.version_no === version.version_no
  useRecent(v === 'newest' ? 'Dataset' : `Dataset, version ${version.version_no}`, name)
  return (
    <article className="dataset-version">
      <div className="version-head">
        <h1>{name}</h1>
        <span>
          version {version.version_no}
          {newest && ', the newest'}
        </span>
        <Chips counts={version} />
        <span className="quiet">
          {countNoun(version.case_count, 'case')} · {ORIGINS[version.made_by]}
          {version.author !== null && ` by ${version.author}`}, <Time at={version.created_at} focusable /> ·{' '}
          <span className="mono">{version.version}</span>
        </span>
      </div>
      <div className="version-tools">
        <Button onClick={() => change({ open: 'upload' })} disabled={search.open === 'upload'}>
          Upload a new version
        </Button>
        <Button onClick={() => change({ open: 'collect' })} disabled={search.open === 'collect'}>
          Collect cases …
        </Button>
        <NativeSelect
          size="xs"
          aria-label="Compare with"
          value={search.from ?? ''}
          disabled={versions.length < 2}
          onChange={event => change({ from: event.currentTarget.value || undefined, case: undefined })}
          data={[
            {
              value: '',
              label:
                versions.length < 2
                  ? 'Nothing to compare with'
                  : search.from === undefined
                    ? 'Compare with …'
                    : 'Not compared',
            },
            ...versions
              .filter(one => one !== version)
              .map(one => ({ value: String(one.version_no), label: `against version ${one.version_no}` })),
          ]}
        />
        <ExportButton name={name} version={version} search={search} />
      </div>
      {search.open === 'upload' && <Upload name={name} onClose={() => change({ open: undefined })} />}
      {search.open === 'collect' && <Collect name={name} onClose={() => change({ open: undefined })} />}
      {search.from === undefined ? (
        <CaseTable name={name} version={version} search={search} change={change} />
      ) : (
        <VersionDifferences name={name} from={search.from} to={version.version_no} />
      )}
    </article>
  )
}

/** Takes the cases away as JSONL, which uploaded again is the same version. */
function ExportButton({
  name,
  version,
  search,
}: {
  name: string
  version: ShownDatasetVersion
  search: DatasetSearch
}) {
  const { client } = useProject()
  const take = useMutation({
    mutationFn: async () => {
      const blob = await fetchExport(client, name, version.version_no, search)
      const split = search.split === undefined ? '' : `-${search.split}`
      offerBlob(`${name.replace(/[^\w.-]+/g, '_')}-${version.version}${split}.jsonl`, blob)
    },
  })
  return (
    <>
      <Button onClick={() => take.mutate()} loading={take.isPending}>
        {search.split === undefined ? 'Export JSONL' : `Export ${search.split} as JSONL`}
      </Button>
      {take.isError && <Failure what="It was not exported" error={take.error} onRetry={() => take.mutate()} />}
    </>
  )
}
