import assert from 'node:assert/strict'
import { z } from 'zod'
import { casePageSchema } from '#datasets/cases.ts'
import { datasetDiffSchema } from '#datasets/diff.ts'
import { datasetUploadSchema } from '#datasets/upload.ts'
import type { TestApp } from './app.ts'

type UploadBody = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
export type Uploaded = z.infer<typeof datasetUploadSchema>

const failureSchema = z.object({
  detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string() })),
})

/** Requests to datasets of an application, as tests make them. */
export function useDatasets(app: TestApp) {
  const post = (name: string, body: UploadBody, search: string, type: string) =>
    app.fetch(`/api/datasets/${encodeURIComponent(name)}/versions${search}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    })
  return {
    post,
    upload: async (name: string, body: UploadBody, search = '', type = 'application/x-ndjson'): Promise<Uploaded> => {
      const response = await post(name, body, search, type)
      const text = await response.text()
      assert.equal(response.status, 200, text)
      return datasetUploadSchema.parse(JSON.parse(text))
    },
    refuse: async (name: string, body: UploadBody, search = '', type = 'application/x-ndjson') => {
      const response = await post(name, body, search, type)
      assert.equal(response.status, 422)
      const [issue] = failureSchema.parse(await response.json()).detail
      assert.ok(issue)
      return issue
    },
    list: async (name: string, search = '') =>
      casePageSchema.parse((await app.send('GET', `/api/datasets/${encodeURIComponent(name)}/cases${search}`)).body),
    compare: async (name: string, search: string) =>
      datasetDiffSchema.parse((await app.send('GET', `/api/datasets/${encodeURIComponent(name)}/diff${search}`)).body),
  }
}

/** A case as a line. */
export function caseLine(question: string, fields: object = {}): string {
  return JSON.stringify({ input: { question }, ...fields })
}

/** What an upload counted: added, removed, changed, unchanged. */
export function countUpload({ added, removed, changed, unchanged }: Omit<Uploaded, 'malformed' | 'malformed_count'>) {
  return [added, removed, changed, unchanged]
}
