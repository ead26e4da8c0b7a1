import { getRouteApi } from '@tanstack/react-router'
import { useCallback } from 'react'
import { type CorrectionsChange, readCorrectionsSearch } from './corrections-search.ts'

const route = getRouteApi('/p/$project/corrections')

/** Changes what the address says: typing replaces it, choosing adds to its history. */
export function useCorrectionsAddress(): (to: CorrectionsChange, how?: 'push' | 'replace') => void {
  const navigate = route.useNavigate()
  return useCallback(
    (to, how = 'push') =>
      void navigate({ search: former => readCorrectionsSearch({ ...former, ...to }), replace: how === 'replace' }),
    [navigate],
  )
}
