import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { DatasetUploadPreview } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { countOf } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import { useRenewDatasets } from './dataset-query.ts'
import { UploadPreview } from './upload-preview.tsx'

export interface NewVersionProps<Request> {
  /** Of the dataset. */
  name: string
  /** What is asked for; null where nothing can be asked for like this. */
  request: Request | null
  /** Tells one request from another. */
  about: object
  /** Whether the reader still types. */
  typing: boolean
  /** Says what would change; null where there is nothing of the kind. */
  askPreview: (request: Request, signal: AbortSignal) => Promise<DatasetUploadPreview | null>
  save: (request: Request) => Promise<{ version_no: number }>
  words: {
    /** On the button: before it is known what comes of it, and then before the number of the version. */
    save: string
    saveAs: string
    refused: string
    failed: string
    /** While what would change is being found out. */
    looking: string
    /** Why nothing can be asked for, or there is nothing; '' where neither is so. */
    trouble: (found: DatasetUploadPreview | null | undefined) => string
    same: (found: DatasetUploadPreview) => string
  }
  onClose: () => void
}

/** Shows what a new version would change, makes it, and goes to it. */
export function NewVersion<Request>(props: NewVersionProps<Request>) {
  const { name, request, about, typing, words, onClose } = props
  const { project } = useProject()
  const navigate = useNavigate()
  const renew = useRenewDatasets()
  const preview = useQuery({
    queryKey: [project, 'dataset preview', about],
    queryFn: ({ signal }) => {
      if (request === null) throw new Error('nothing is asked for')
      return props.askPreview(request, signal)
    },
    enabled: request !== null,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  })
  const save = useMutation({
    mutationFn: (asked: { name: string; request: Request }) => props.save(asked.request),
    onSuccess: async (saved, asked) => {
      await renew()
      await navigate({
        to: '/p/$project/datasets/$name/$v',
        params: { project, name: asked.name, v: String(saved.version_no) },
        search: {},
      })
    },
  })
  const known = request !== null && !typing && !preview.isFetching ? preview.data : undefined
  const found = known ?? undefined
  const differs = found !== undefined && found.added + found.changed + found.removed > 0
  return (
    <>
      {found !== undefined && <UploadPreview preview={found} />}
      {preview.isError && request !== null && <Failure what={words.refused} error={preview.error} />}
      {save.isError && <Failure what={words.failed} error={save.error} />}
      <div className="upload-foot">
        <Button
          variant="filled"
          disabled={!differs}
          loading={save.isPending}
          onClick={() => request !== null && save.mutate({ name, request })}
        >
          {differs ? `${words.saveAs} ${found.version_no} · ${countOf(found.cases, 'case')}` : words.save}
        </Button>
        <Button variant="subtle" onClick={onClose}>
          Close
        </Button>
        <span role="status" className="quiet">
          {words.trouble(known)}
          {request !== null && (preview.isFetching || typing) && words.looking}
          {found !== undefined && !differs && words.same(found)}
        </span>
      </div>
    </>
  )
}
