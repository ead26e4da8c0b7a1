import { lazyRouteComponent } from '@tanstack/react-router'
import { useCallback, useEffect } from 'react'
import { Failure } from '../ui/states.tsx'
import { useLive } from './live.ts'

/** The code of a page that could not be fetched; said as what it is, that the server did not answer. */
class Unfetched extends Error {
  override name = 'Unreachable'
}

const LOADED_PLACE = 'whetstone-loaded-again'
/** An address is not loaded again by itself sooner than this: something else is wrong with it. */
const AGAIN_MS = 20_000

/**
 * A page whose code is fetched when it is wanted. After a failure it is not fetched again in this document: its style sheets
 * count as loaded from then on, and it would stand there without them. `Broken` loads the document anew instead.
 *
 * @param name what it is exported as.
 */
export function latePage<Module extends Record<string, unknown>, Name extends keyof Module>(
  load: () => Promise<Module>,
  name: Name,
) {
  let failure: Unfetched | null = null
  return lazyRouteComponent(async () => {
    if (failure !== null) throw failure
    try {
      return await load()
    } catch (cause) {
      failure = new Unfetched('The code of this page could not be fetched.', { cause })
      throw failure
    }
  }, name)
}

/**
 * In the place of a page that broke; the rest of the application stays. Where its code could not be fetched, since the server
 * was away or has a newer build by now, the page comes by itself as soon as the server answers.
 */
export function Broken({ error }: { error: unknown }) {
  const { state } = useLive()
  const unfetched = isUnfetched(error)
  const loadAgain = useCallback(async () => {
    // A document that is asked for in vain would leave nothing here.
    const answer = await fetch(location.pathname, { cache: 'no-store' }).catch(() => null)
    if (answer?.ok) location.reload()
  }, [])
  useEffect(() => {
    if (!unfetched || state !== 'live' || !takeTurn()) return
    void loadAgain()
  }, [unfetched, state, loadAgain])
  return (
    <Failure
      what={unfetched ? "Couldn't load this page" : 'This page broke'}
      error={unfetched ? new Unfetched() : error}
      onRetry={() => void loadAgain()}
    />
  )
}

function isUnfetched(error: unknown): boolean {
  if (error instanceof Unfetched) return true
  // Of a part of a page, as the bundler and the browser say it.
  return error instanceof Error && /preload CSS|dynamically imported module|module script failed/.test(error.message)
}

/** Whether this address was not just loaded again by itself; it is from now on. */
function takeTurn(): boolean {
  const [path, at] = (sessionStorage.getItem(LOADED_PLACE) ?? '').split(' ')
  if (path === location.pathname && Date.now() - Number(at) < AGAIN_MS) return false
  sessionStorage.setItem(LOADED_PLACE, `${location.pathname} ${Date.now()}`)
  return true
}
