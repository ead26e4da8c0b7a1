import { useRouter } from '@tanstack/react-router'
import { useCallback } from 'react'

/**
 * Whether another page was asked for and its code is still on its way. Who writes the address of a page a moment after
 * something settled asks this first: it would bring somebody back who has left.
 */
export function useLeaving(): () => boolean {
  const router = useRouter()
  return useCallback(() => {
    const shown = router.state.resolvedLocation
    return shown !== undefined && shown.pathname !== router.latestLocation.pathname
  }, [router])
}
