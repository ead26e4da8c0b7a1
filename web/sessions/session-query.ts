import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useEffect } from 'react'
import { type Client, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'

/** A conversation of a session: thread 0 is the one with the user, the others are subagents'. */
export interface Conversation {
  project: string
  client: Client
  id: string
  thread: number
}

export type Outline = Awaited<ReturnType<typeof fetchOutline>>
export type ShownMessage = Awaited<ReturnType<typeof fetchWindow>>['messages'][number]
export type ShownBlock = ShownMessage['blocks'][number]
export type ToolCall = Extract<ShownBlock, { type: 'tool_call' }>
export type ToolResult = NonNullable<ToolCall['result']>
export type Rating = Awaited<ReturnType<typeof fetchRatings>>[number]
export type Finding = Awaited<ReturnType<typeof fetchFinding>>

/** So many messages come at a time. */
export const WINDOW = 200
/** Windows that are no longer seen are kept for this long. */
const KEPT_MS = 60_000

/** What is known of a session beside its messages, its outline and its ratings. */
export function useSession(id: string, thread: number) {
  const { project, client } = useProject()
  const of = { project, client, id, thread }
  const param = pathOf(id)
  return {
    of,
    head: useQuery({
      queryKey: [project, 'session', id, 'head'],
      queryFn: ({ signal }) =>
        readAnswer(client.api.sessions[':session_id'].$get({ param, query: { limit: '0' } }, { init: { signal } })),
    }),
    outline: useQuery({
      queryKey: [project, 'session', id, 'outline', thread],
      queryFn: ({ signal }) => fetchOutline(of, signal),
      placeholderData: (former, query) => (query?.queryKey.at(-1) === thread ? former : undefined),
    }),
    ratings: useQuery({ queryKey: [project, 'session', id, 'ratings'], queryFn: () => fetchRatings(of) }),
    detail: useQuery({
      queryKey: [project, 'session', id, 'detail'],
      queryFn: ({ signal }) =>
        readAnswer(client.api.eval.sessions[':session_id'].$get({ param }, { init: { signal } })),
    }),
  }
}

/** Asks for the messages that will be shown first while the outline is on its way. */
export function useFirstWindow(of: Conversation, message: number): void {
  const queries = useQueryClient()
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each conversation
  useEffect(() => {
    const window = Math.floor(message / WINDOW)
    const options = windowOptions(of, window, (window + 1) * WINDOW)
    void queries.fetchQuery(options).then(
      data => {
        const { length } = data.messages
        const { queryKey } = windowOptions(of, window, window * WINDOW + length)
        if (length < WINDOW) queries.setQueryData(queryKey, held => held ?? data)
      },
      () => {},
    )
  }, [of.id, of.thread])
}

/** The messages of these windows, by index, as far as they have come. */
export function useWindows(of: Conversation, windows: number[], count: number) {
  return useQueries({
    queries: windows.map(window => windowOptions(of, window, count)),
    combine: results => ({
      messages: new Map(results.flatMap(one => one.data?.messages ?? []).map(one => [one.message_index, one])),
      error: results.find(one => one.error !== null)?.error ?? null,
      retry: () => {
        for (const one of results) if (one.isError) void one.refetch()
      },
    }),
  })
}

/** One message, from the window that has it. */
export async function ensureMessage(
  queries: QueryClient,
  of: Conversation,
  index: number,
  count: number,
): Promise<ShownMessage | null> {
  const window = await queries.ensureQueryData(windowOptions(of, Math.floor(index / WINDOW), count))
  return window.messages.find(message => message.message_index === index) ?? null
}

/** The beginning of a subagent's conversation. */
export function useSubagent(of: Conversation, limit: number) {
  return useQuery({
    queryKey: [of.project, 'session', of.id, 'subagent', of.thread, limit],
    queryFn: ({ signal }) => fetchWindow(of, 0, limit, signal),
  })
}

/** Every place of a text in the session; asked again when the text changes, the old answer stays until then. */
export function useFinding(of: Conversation, text: string) {
  return useQuery({
    queryKey: [of.project, 'session', of.id, 'find', text],
    queryFn: ({ signal }) => fetchFinding(of, text, signal),
    enabled: text !== '',
    placeholderData: keepPreviousData,
  })
}

/** A slice of a block's text, or without a block of the stored message. */
export function textOptions(of: Conversation, place: TextPlace) {
  const { message_index, block, from, limit } = place
  return queryOptions({
    queryKey: [of.project, 'session', of.id, 'text', of.thread, message_index, block ?? 'raw', from, limit],
    queryFn: ({ signal }) => {
      const query = { thread: String(of.thread), from: String(from), limit: String(limit) }
      const message = of.client.api.sessions[':session_id'].messages[':message_index']
      return readAnswer(
        message.text.$get(
          {
            param: { ...pathOf(of.id), message_index: String(message_index) },
            query: block === undefined ? query : { ...query, block: String(block) },
          },
          { init: { signal } },
        ),
      )
    },
    gcTime: KEPT_MS,
  })
}

export interface TextPlace {
  message_index: number
  block?: number | undefined
  from: number
  limit: number
}

function windowOptions(of: Conversation, window: number, count: number) {
  const from = window * WINDOW
  // A window that was not full is asked for again when there is more.
  const held = Math.min(WINDOW, count - from)
  return queryOptions({
    queryKey: [of.project, 'session', of.id, 'window', of.thread, window, held],
    queryFn: ({ signal }) => fetchWindow(of, from, WINDOW, signal),
    gcTime: KEPT_MS,
    placeholderData: keepPreviousData,
  })
}

function fetchWindow({ client, id, thread }: Conversation, from: number, limit: number, signal: AbortSignal) {
  const query = { thread: String(thread), from: String(from), limit: String(limit) }
  return readAnswer(
    client.api.sessions[':session_id'].messages.$get({ param: pathOf(id), query }, { init: { signal } }),
  )
}

function fetchOutline({ client, id, thread }: Conversation, signal: AbortSignal) {
  const query = { thread: String(thread) }
  return readAnswer(client.api.sessions[':session_id'].outline.$get({ param: pathOf(id), query }, { init: { signal } }))
}

function fetchRatings({ client, id }: Conversation) {
  return readAnswer(client.api.sessions[':session_id'].ratings.$get({ param: pathOf(id) }))
}

function fetchFinding({ client, id }: Conversation, text: string, signal: AbortSignal) {
  const request = { param: pathOf(id), query: { text } }
  return readAnswer(client.api.sessions[':session_id'].find.$get(request, { init: { signal } }))
}

function pathOf(id: string) {
  return { session_id: encodeURIComponent(id) }
}
