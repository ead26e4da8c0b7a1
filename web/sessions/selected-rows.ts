import { useQuery } from '@tanstack/react-query'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import type { SessionRow } from './list-query.ts'
import { MOST_NAMED } from './session-actions.ts'

/**
 * The rows of what is selected, in the order in which it was: those that are loaded, and the others, which a link may name, from
 * the server. Its `data` is there when all are known; sessions that are gone are left out of it.
 */
export function useSelectedRows(selected: Set<string>, rows: SessionRow[]) {
  const { project, client } = useProject()
  const loaded = new Map(rows.filter(row => selected.has(row.session_id)).map(row => [row.session_id, row]))
  const missing = [...selected].filter(id => !loaded.has(id))
  const others = useQuery({
    queryKey: [project, 'sessions', 'named', missing],
    queryFn: async ({ signal }) => {
      const found: SessionRow[] = []
      for (let from = 0; from < missing.length; from += MOST_NAMED) {
        const json = { session_ids: missing.slice(from, from + MOST_NAMED) }
        found.push(...(await readAnswer(client.api.eval['session-rows'].$post({ json }, { init: { signal } }))))
      }
      return found
    },
    enabled: missing.length > 0,
  })
  for (const row of others.data ?? []) if (!loaded.has(row.session_id)) loaded.set(row.session_id, row)
  const known = missing.length === 0 || others.isSuccess
  return {
    data: known ? [...selected].flatMap(id => loaded.get(id) ?? []) : undefined,
    isError: others.isError,
    error: others.error,
    refetch: others.refetch,
  }
}
