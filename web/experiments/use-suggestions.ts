import { useQuery } from '@tanstack/react-query'
import { useCallback, useRef } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { countNoun } from '../ui/numbers.ts'
import type { Path } from './document.ts'
import type { Offer } from './schema-walk.ts'

/** The datasets of the project. */
export function useDatasetList() {
  const { project, client } = useProject()
  return useQuery({ queryKey: [project, 'datasets', 'list'], queryFn: () => readAnswer(client.api.datasets.$get()) })
}

/** The registered prompts of the project. */
export function usePromptList() {
  const { project, client } = useProject()
  return useQuery({ queryKey: [project, 'prompts', 'list'], queryFn: () => readAnswer(client.api.prompts.$get()) })
}

/** The backends of the server. */
export function useBackendList() {
  const { project, client } = useProject()
  return useQuery({ queryKey: [project, 'backends'], queryFn: () => readAnswer(client.api.backends.$get()) })
}

/** The models that a backend lists; none where it keeps no list or does not answer. */
export function useModelList(backend: string): string[] {
  const { project, client } = useProject()
  const known = useBackendList().data?.some(one => one.name === backend) ?? false
  const check = useQuery({
    queryKey: [project, 'backends', 'models', backend],
    queryFn: () =>
      readAnswer(client.api.backends[':name'].check.$post({ param: { name: encodeURIComponent(backend) } })),
    enabled: known,
    retry: false,
  })
  return check.data?.models ?? []
}

/** Names that only this server knows, by the field that they stand in. */
export function useSuggestions(): (path: Path, field: string) => Offer[] {
  const datasets = useDatasetList().data
  const prompts = usePromptList().data
  const backends = useBackendList().data
  const latest = useRef({ datasets, prompts, backends })
  latest.current = { datasets, prompts, backends }
  return useCallback((path, field) => {
    const known = latest.current
    const isDataset = path[0] === 'dataset' && (field === 'dataset' || field === 'name')
    if (isDataset)
      return (known.datasets ?? []).map(one => ({ label: one.name, detail: countNoun(one.case_count, 'case') }))
    if (field === 'backend') return (known.backends ?? []).map(one => ({ label: one.name, detail: one.kind }))
    if (field === 'name' && path.includes('prompt'))
      return (known.prompts ?? []).map(one => ({ label: one.name, detail: 'prompt' }))
    return []
  }, [])
}
