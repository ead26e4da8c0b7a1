import { useQuery, useQueryClient } from '@tanstack/react-query'
import { readAnswer, type ShownPrompt } from '#client.ts'
import { useProject } from '../shell/api.ts'

/** So many versions of a prompt are listed. */
export const MOST_VERSIONS = 1_000

/** Every prompt by name, with where its labels stand. */
export function usePrompts() {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'prompts', 'list'],
    queryFn: () => readAnswer(client.api.prompts.$get()),
    staleTime: 0,
  })
}

/** The versions of a prompt with their texts, newest first, and of them the newest alone if it says how many. */
export function usePromptVersions(name: string, limit = MOST_VERSIONS) {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'prompts', name, 'versions', limit],
    queryFn: () =>
      readAnswer(
        client.api.prompts[':name'].versions.$get({
          param: { name: encodeURIComponent(name) },
          query: { limit: String(limit) },
        }),
      ),
    staleTime: 0,
  })
}

/** Who put which label where, newest first. */
export function useLabelMoves(name: string) {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'prompts', name, 'history'],
    queryFn: () =>
      readAnswer(client.api.prompts[':name'].history.$get({ param: { name: encodeURIComponent(name) }, query: {} })),
    staleTime: 0,
  })
}

/** Asks for everything about prompts again. */
export function useRenewPrompts(): () => Promise<void> {
  const { project } = useProject()
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: [project, 'prompts'] })
}

/** A version as one text whose lines can be compared. Pure. */
export function writeTemplates({ system, user }: Pick<ShownPrompt, 'system' | 'user'>): string {
  return system === null ? user : `[system]\n${system}\n\n[user]\n${user}`
}
