import { createRoute, z } from '@hono/zod-openapi'
import { refuseEncoding } from '#http/body.ts'
import { createRouter } from '#http/router.ts'
import { answer, refusals } from '#http/schemas.ts'
import { droppedFileSchema, importDroppedFile } from './dropped-file.ts'

const transcriptRoute = createRoute({
  method: 'post',
  path: '/transcripts',
  tags: ['sessions'],
  summary: 'Import a file of transcripts in any format that Whetstone reads, told by its content',
  request: {
    query: z.object({ name: z.string().min(1).max(255).openapi({ description: "The file's name" }) }),
    body: { required: true, content: { 'application/octet-stream': { schema: z.string() } } },
  },
  responses: { 200: answer(droppedFileSchema, 'What became of its sessions'), ...refusals },
})

/** Takes its body as a stream, so it is mounted before whatever reads bodies whole. */
export const transcriptRoutes = createRouter().openapi(transcriptRoute, async c => {
  refuseEncoding(c.req.header('content-encoding'))
  const stream = c.req.raw.body ?? new Blob([]).stream()
  return c.json(await importDroppedFile(c.var.app.db, c.var.project, c.req.valid('query').name, stream), 200)
})
