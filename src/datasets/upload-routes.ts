import { createRoute, z } from '@hono/zod-openapi'
import { Invalid } from '#errors.ts'
import { refuseEncoding } from '#http/body.ts'
import { createRouter } from '#http/router.ts'
import { answer, refusals } from '#http/schemas.ts'
import { type CsvOptions, readCsvCases } from './csv-cases.ts'
import { datasetNameSchema } from './datasets.ts'
import { type ReadCase, readJsonlCases } from './jsonl-cases.ts'
import { datasetPreviewSchema, datasetUploadSchema, previewUpload, uploadCases } from './upload.ts'
import { versionModeSchema } from './versions.ts'

const columnsSchema = z
  .string()
  .transform(text => text.split(','))
  .openapi({ type: 'string', description: 'Names of columns, separated by commas' })

const uploadRequest = {
  params: z.object({ name: datasetNameSchema }),
  query: z.object({
    mode: versionModeSchema.default('replace'),
    input: columnsSchema.optional(),
    expected: columnsSchema.optional(),
    id: z.string().optional(),
    source: z.string().optional(),
    delimiter: z.string().length(1).optional().openapi({ description: 'Of CSV; a comma' }),
  }),
  body: {
    required: true,
    content: { 'application/x-ndjson': { schema: z.string() }, 'text/csv': { schema: z.string() } },
  },
}

const uploadRoute = createRoute({
  method: 'post',
  path: '/{name}/versions',
  tags: ['datasets'],
  summary: 'Upload cases as a new version, as a stream of any size',
  description:
    'JSONL: a line an object {input, expected?, metadata?, id?, source?}. CSV: a heading, then a record a case; the query ' +
    'says what columns mean whose names do not say it. The whole becomes a version at once, or nothing does.',
  request: uploadRequest,
  responses: { 200: answer(datasetUploadSchema, 'What became of the lines'), ...refusals },
})

const previewRoute = createRoute({
  method: 'post',
  path: '/{name}/preview',
  tags: ['datasets'],
  summary: 'What an upload would change; nothing is saved',
  request: uploadRequest,
  responses: { 200: answer(datasetPreviewSchema, 'What would become of the lines'), ...refusals },
})

/** Take their bodies as streams, so they are mounted before whatever reads bodies whole. */
export const datasetUploadRoutes = createRouter()
  .openapi(uploadRoute, async c => {
    const { app, project, principal } = c.var
    const { mode, ...columns } = c.req.valid('query')
    const options = { user_id: principal.user_id, made_by: 'upload', mode } as const
    return c.json(
      await uploadCases(app.db, project, c.req.valid('param').name, readLines(c.req, columns), options),
      200,
    )
  })
  .openapi(previewRoute, async c => {
    const { app, project } = c.var
    const { mode, ...columns } = c.req.valid('query')
    return c.json(await previewUpload(app.db, project, c.req.valid('param').name, readLines(c.req, columns), mode), 200)
  })

/** What a request of this kind is read from. */
interface UploadRequest {
  header: (name: string) => string | undefined
  raw: Request
}

function readLines(request: UploadRequest, columns: CsvOptions): AsyncIterable<ReadCase[]> {
  refuseEncoding(request.header('content-encoding'))
  return chooseReader(request.header('content-type'), request.raw.body ?? new Blob([]).stream(), columns)
}

function chooseReader(
  type: string | undefined,
  stream: AsyncIterable<Uint8Array>,
  columns: CsvOptions,
): AsyncIterable<ReadCase[]> {
  const named = type?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (named === 'text/csv') return readCsvCases(stream, columns)
  if (named === 'text/tab-separated-values') return readCsvCases(stream, { delimiter: '\t', ...columns })
  if (/^application\/(x-ndjson|ndjson|jsonl|x-jsonlines)$/.test(named)) return readJsonlCases(stream)
  const message = 'Say what the body is: content-type application/x-ndjson or text/csv'
  throw new Invalid(message, ['header', 'content-type'], 'content_type')
}
