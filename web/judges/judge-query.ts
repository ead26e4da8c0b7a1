import { useQuery } from '@tanstack/react-query'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import type { ShownAxis } from '../ui/axes.ts'

/** Every version of every panel and rubric, newest first. */
export function useJudgeVersions() {
  const { project, client } = useProject()
  const panels = useQuery({
    queryKey: [project, 'pins', 'panels'],
    queryFn: () => readAnswer(client.api.eval.panels.$get()),
  })
  const rubrics = useQuery({
    queryKey: [project, 'pins', 'rubrics'],
    queryFn: () => readAnswer(client.api.eval.rubrics.$get()),
  })
  return { panels, rubrics }
}

/** The text of a version, as its lines are compared and read. */
export function useRubric(version: string | undefined) {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'rubric', version],
    queryFn: () =>
      readAnswer(client.api.eval.rubrics[':version'].$get({ param: { version: encodeURIComponent(version ?? '') } })),
    enabled: version !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** As `useRubric`, of a panel. */
export function usePanel(version: string | undefined) {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'panel', version],
    queryFn: () =>
      readAnswer(client.api.eval.panels[':version'].$get({ param: { version: encodeURIComponent(version ?? '') } })),
    enabled: version !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** How well scores on an axis tell success from failure under the pins. Takes seconds where much is known. */
export function useSeparation(axis: ShownAxis) {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'pins', 'separation', axis],
    queryFn: ({ signal }) => readAnswer(client.api.eval.separation.$get({ query: { axis } }, { init: { signal } })),
  })
}
