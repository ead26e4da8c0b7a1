import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Refusal, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useSettled } from '../ui/use-settled.ts'
import { findPlace, type ReadText, type Trouble } from './document.ts'
import { isExperimentRequest } from './experiment-text.ts'
import { findSchemaTroubles, type Schema } from './schema-walk.ts'

const TYPING_MS = 500
const AWAY_MS = 3_000

/** The shape of the document, from the server. */
export function useDefinitionSchema(): Schema | undefined {
  const { project, client } = useProject()
  const schema = useQuery({
    queryKey: [project, 'experiments', 'schema'],
    queryFn: () => readAnswer(client.api.experiments.schema.$get()),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.status === 'error' ? AWAY_MS : false),
  })
  return schema.data
}

/**
 * What is wrong with a document, and what it would take. `broken` is found here and freezes the form; `refused` is what the
 * server says of the text a moment after the typing stopped.
 */
export function useCheck(read: ReadText, schema: Schema | undefined) {
  const { project, client } = useProject()
  const broken = useMemo(() => {
    if (read.value === null || schema === undefined) return read.broken
    return findSchemaTroubles(read.value, schema).map(({ path, key, message }) => ({
      ...{ path, message },
      ...findPlace(read, path, key),
    }))
  }, [read, schema])
  const settled = useSettled(read, TYPING_MS)
  const askable = settled.value !== null && Object.keys(settled.value).length > 0 && broken.length === 0
  const answer = useQuery({
    queryKey: [project, 'experiments', 'expected', settled.text],
    queryFn: ({ signal }) => {
      if (!isExperimentRequest(settled.value)) throw new Error('there is nothing to ask.')
      return readAnswer(client.api.experiments.expected.$post({ json: settled.value }, { init: { signal } }))
    },
    enabled: askable,
    retry: false,
    staleTime: 0,
    gcTime: 60_000,
    refetchInterval: ({ state }) => (isAway(state.error) ? AWAY_MS : false),
  })
  const refused = useMemo(
    () => listRefused(read, askable ? answer.error : null, answer.data?.excess ?? null),
    [read, askable, answer.error, answer.data],
  )
  const isFresh = settled === read && !answer.isFetching
  return { broken, refused, expected: askable ? answer.data : undefined, error: askable ? answer.error : null, isFresh }
}

/** A server that is away, or has a trouble of its own, is asked again; one that refused has said what it has to say. */
function isAway(error: Error | null): boolean {
  return error !== null && !(error instanceof Refusal && error.status < 500)
}

export type Check = ReturnType<typeof useCheck>

/** What a refusal says, each field at its place in the text as it is now. */
export function placeRefusal(read: ReadText, error: unknown): Trouble[] {
  if (!(error instanceof Refusal)) return []
  return error.fields.map(({ path, message }) => ({
    path,
    message: message.replace(/\.$/, ''),
    ...findPlace(read, path),
  }))
}

function listRefused(read: ReadText, error: unknown, excess: { field: string; message: string } | null): Trouble[] {
  if (excess === null) return placeRefusal(read, error)
  const path = excess.field.split('.')
  return [{ path, message: excess.message.replace(/\.$/, ''), ...findPlace(read, path) }]
}
