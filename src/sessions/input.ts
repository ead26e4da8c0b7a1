/**
 * A session as it comes in: over `POST /api/sessions`, as a line of NDJSON, or from a transcript file. Messages are in the
 * OpenAI chat shape; what a source adds beyond the known fields is kept and given back as it came.
 */
import { z } from '@hono/zod-openapi'
import { explainIssues } from '#http/issues.ts'
import { foreignIdSchema, readTimestamp, timeInputSchema } from '#http/schemas.ts'

/** The roles of the wire contract. */
const roleSchema = z.enum(['system', 'user', 'assistant', 'tool'])

/**
 * A content block. The known types are `text {text}`, `thinking {text}`, `tool_call {id, name, arguments, messages?}` and
 * `tool_result {call_id, content, is_error?}`; a block of another type is kept and shown as an attachment. A tool call's
 * `messages` are those of the subagent that it started.
 */
export interface BlockInput {
  type: string
  messages?: MessageInput[] | undefined
  [field: string]: unknown
}

/** A tool call beside the content, as OpenAI writes it; `messages` as in a `tool_call` block. */
export interface ToolCallInput {
  id?: string | null | undefined
  type?: string | undefined
  function: { name: string; arguments?: unknown; [field: string]: unknown }
  messages?: MessageInput[] | undefined
  [field: string]: unknown
}

export interface MessageInput {
  role: z.infer<typeof roleSchema>
  content?: string | BlockInput[] | null | undefined
  tool_calls?: ToolCallInput[] | null | undefined
  tool_call_id?: string | null | undefined
  created_at?: string | null | undefined
  [field: string]: unknown
}

/** What an evaluator knows of how the session really ended. Kept apart from the conversation; no judge sees it. */
export interface OutcomeInput {
  /** Where it comes from, as `tau-bench`. */
  source: string
  reward: number | null
  /** Sessions of one task are not independent of each other; statistics cluster by it. */
  task_id?: string | null | undefined
  details?: unknown
}

/** A line of a transcript file that is no message; kept as it stood. */
export interface RawLineInput {
  line: number
  text: string
}

/** A field that is not there keeps what is stored. */
export interface SessionInput {
  session_id?: string | undefined
  profile_id?: string | undefined
  name?: string | null | undefined
  created_at?: string | undefined
  last_active?: string | undefined
  pinned?: boolean | undefined
  messages?: MessageInput[] | undefined
  outcome?: OutcomeInput | null | undefined
  raw_lines?: RawLineInput[] | undefined
}

const MESSAGES = { type: 'array', items: { $ref: '#/components/schemas/MessageInput' } } as const

const nestedSchema: z.ZodType<MessageInput[]> = z.lazy(() => z.array(messageSchema)).openapi(MESSAGES)

const blockSchema = z.looseObject({ type: z.string(), messages: nestedSchema.optional() })

const toolCallSchema = z.looseObject({
  id: z.string().nullish(),
  type: z.string().optional(),
  function: z.looseObject({ name: z.string() }),
  messages: nestedSchema.optional(),
})

export const messageSchema = z
  .looseObject({
    role: roleSchema,
    content: z.union([z.string(), z.array(blockSchema)]).nullish(),
    tool_calls: z.array(toolCallSchema).nullish(),
    tool_call_id: z.string().nullish(),
    created_at: z
      .string()
      .refine(text => readTimestamp(text) !== null, 'Expected a time such as 2026-01-31T09:30:00Z')
      .nullish(),
  })
  .openapi('MessageInput')

/** Looks at messages and hands on the very same ones: a parsed copy has lost what is called `__proto__`. */
const messagesSchema = z
  .custom<MessageInput[]>(() => true)
  .superRefine((messages, context) => {
    const { error } = nestedSchema.safeParse(messages)
    for (const { path, message, type } of explainIssues(error?.issues ?? [], messages)) {
      context.addIssue({ code: 'custom', path, message, params: { type } })
    }
  })
  .openapi(MESSAGES)

const outcomeSchema = z
  .strictObject({
    source: z.string().min(1),
    reward: z.number().nullable(),
    task_id: z.string().nullish(),
    details: z.unknown().optional(),
  })
  .openapi('Outcome')

const rawLineSchema = z.strictObject({ line: z.int().min(0).max(2_147_483_647), text: z.string() })

/** Null says the same as leaving the field out. */
function nullable<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform(value => value ?? undefined)
}

const sessionObject = z.strictObject({
  session_id: nullable(foreignIdSchema),
  profile_id: foreignIdSchema.optional(),
  name: z.string().max(10_000).nullish(),
  created_at: nullable(timeInputSchema),
  last_active: nullable(timeInputSchema),
  pinned: nullable(z.boolean()),
  messages: messagesSchema.optional(),
  outcome: outcomeSchema.nullish(),
  raw_lines: z
    .array(rawLineSchema)
    .refine(lines => new Set(lines.map(line => line.line)).size === lines.length, 'A line number stands twice')
    .optional(),
})

export const sessionInputSchema: z.ZodType<SessionInput> = sessionObject.openapi('SessionInput')

/** What `POST /api/sessions` takes: a session, or an addition to one. */
export const appendSchema = sessionObject
  .extend({ append: z.boolean().optional(), expected_msg_count: z.int().min(0).optional() })
  .openapi('SessionOrAddition')
