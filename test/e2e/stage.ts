/** An application with a little of everything, for what has to hold on every page. */
import { createScriptedModel } from '#models/scripted.ts'
import { replyAsExpert } from '../verdicts.ts'
import { type BrowserApp, type BrowserOptions, openBrowserApp, saveTestSession } from './harness.ts'
import type { Places } from './pages.ts'
import { makeSessionOfAll } from './session-sample.ts'

const SESSIONS = 40

export interface Stage {
  app: BrowserApp
  places: Places
}

/** Opens it; null without a browser. Close the application in `after`. */
export async function openStage(options: BrowserOptions = {}): Promise<Stage | null> {
  const model = createScriptedModel({
    default: {
      reply: request =>
        request.messages.some(message => message.content.includes('BREAK')) ? 'no JSON' : replyAsExpert(request),
    },
  })
  const app = await openBrowserApp({
    ...options,
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {} }]',
    backends: { scripted: { model } },
  })
  if (app === null) return null
  try {
    return { app, places: await fillStage(app) }
  } catch (error) {
    await app.close()
    throw error
  }
}

async function fillStage(app: BrowserApp): Promise<Places> {
  for (let n = 0; n < SESSIONS; n++) {
    const messages = [
      { role: 'user', content: n % 10 === 9 ? `BREAK ${n}` : `Request ${n}` },
      { role: 'assistant', content: `Answer ${n}.` },
    ]
    const last_active = new Date(Date.now() - n * 3_600_000).toISOString()
    await saveTestSession(app, { session_id: `case-${n}`, name: `Case ${n}`, last_active, messages })
  }
  await saveTestSession(app, { session_id: 'all', name: 'Refund for order 4417', messages: makeSessionOfAll() })
  let candidate = ''
  for (let n = 0; n < 6; n++) {
    const sent = await app.send<{ id: string }>('POST', '/api/corrections/candidates', {
      session_id: `case-${n}`,
      message_index: 1,
    })
    if (sent.status >= 300) throw new Error(JSON.stringify(sent.body))
    candidate = sent.body.id
  }
  const run = await finish<{ run_id: string; state: string }>(
    app,
    await app.send('POST', '/api/eval/run', { backend: 'scripted', model: 'm1', scope: 'all' }),
    ({ run_id }) => `/api/eval/run/${run_id}?sessions=none`,
    ({ state }) => state !== 'running',
  )
  const prompt = await app.send<{ version: string }>('POST', '/api/prompts/greeting/versions', {
    system: 'Be brief.',
    user: 'Say {{ word }}',
  })
  await app.send('PUT', '/api/prompts/greeting/labels/production', { version: prompt.body.version })
  await app.send('POST', '/api/prompts/greeting/versions', { system: 'Be kind.', user: 'Say {{ word }}' })
  const cases = Array.from({ length: 8 }, (_, n) => ({ input: { word: `w${n}` }, expected: `w${n}` }))
  const experiment = await finish<{ id: string; status: string }>(
    app,
    await app.send('POST', '/api/experiments?start=true', {
      name: 'How warm',
      pipeline: { prompt: 'Say {{ word }}', backend: 'scripted', model: 'm1' },
      parameter_space: { temperature: [0, 1] },
      dataset: { name: 'words', cases },
      scoring_config: { scorers: ['exact'] },
    }),
    ({ id }) => `/api/experiments/${id}`,
    ({ status }) => status !== 'running' && status !== 'draft',
  )
  const runs = await app.send<{ items: { id: string }[] }>('GET', `/api/runs?experiment_id=${experiment.id}`)
  const rubrics = await app.send<{ version: string }[]>('GET', '/api/eval/rubrics')
  const [rubric = '', rubric_version = ''] = rubrics.body[0]?.version.split('@') ?? []
  return {
    ...{ rubric, rubric_version },
    session: 'all',
    candidate,
    run: run.run_id,
    experiment: experiment.id,
    experiment_run: runs.body.items[0]?.id ?? '',
    dataset: 'words',
    prompt: 'greeting',
  }
}

async function finish<Body>(
  app: BrowserApp,
  started: { status: number; body: unknown },
  pathOf: (body: Body) => string,
  isDone: (body: Body) => boolean,
): Promise<Body> {
  if (started.status >= 300) throw new Error(JSON.stringify(started.body))
  const path = pathOf(started.body as Body)
  for (let look = 0; look < 600; look++) {
    const { body } = await app.send<Body>('GET', path)
    if (isDone(body)) return body
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`${path} does not come to its end.`)
}
