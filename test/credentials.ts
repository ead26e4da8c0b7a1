import assert from 'node:assert/strict'
import { createApi } from '../src/api.ts'
import type { TestApp } from './app.ts'

/** Requests with keys, and as if the application listened on another address. */

export interface Credentials {
  [name: string]: string
}

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers of many endpoints, looked into field by field
  body: any
  headers: Headers
}

/** Asks the same application as if it listened on this address. */
export async function ask(
  app: TestApp,
  method: string,
  path: string,
  headers: Credentials,
  body?: unknown,
  host = app.app.config.host,
): Promise<Answer> {
  const api = createApi({ ...app.app, config: { ...app.app.config, host } })
  const init: RequestInit = { method, headers: { 'content-type': 'application/json', ...headers } }
  if (body !== undefined) init.body = JSON.stringify(body)
  const response = await api.fetch(new Request(`http://localhost${path}`, init))
  return { status: response.status, body: await response.json(), headers: response.headers }
}

export async function createKey(
  app: TestApp,
  user: string,
  role: string,
  headers: Credentials = {},
): Promise<{ key: string; key_id: number }> {
  const { status, body } = await ask(app, 'POST', '/api/keys', headers, { user, role })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

export function bearer(key: string): Credentials {
  return { authorization: `Bearer ${key}` }
}

/** An address that other machines reach. */
export const REMOTE = '0.0.0.0'
