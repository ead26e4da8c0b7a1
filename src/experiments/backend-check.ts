/** Whether backends, models and parameters are there, without a call that is paid. */
import { Invalid, type Location } from '#errors.ts'
import type { Backend, Backends } from '#models/backend.ts'
import type { BackendCheck } from '#models/check.ts'

/** What a stage asks, and where in the request that is said. */
export interface AskedModel {
  backend: string
  model: string
  params: { [name: string]: unknown }
  loc: { backend: Location; model: Location; params: { [name: string]: Location } }
}

/**
 * Checks that every backend is configured, takes the parameters, and lists the model where it lists its models at all.
 * A backend that does not answer is no reason to refuse: it may be there when it is asked.
 *
 * @returns why backends cannot be used now, a sentence for each.
 * @throws Invalid at the field's path.
 */
export async function checkModels(backends: Backends, asked: readonly AskedModel[]): Promise<string[]> {
  const byBackend = Map.groupBy(asked, one => one.backend)
  for (const { backend, loc } of asked) {
    if (backends.names().includes(backend)) continue
    const known = backends.names().join(', ')
    throw new Invalid(`There is no backend "${backend}"; known are: ${known}.`, loc.backend, 'backend_unknown')
  }
  for (const [name, its] of byBackend) refuseParameters(backends.get(name), its)
  const names = [...byBackend.keys()]
  const checks = await Promise.all(names.map(name => backends.get(name).check()))
  for (const [index, name] of names.entries()) {
    const check = checks[index]
    if (check) refuseUnlisted(backends.get(name).kind, name, check, byBackend.get(name) ?? [])
  }
  return checks.flatMap(({ error }) => error ?? [])
}

function refuseParameters(backend: Backend, asked: readonly AskedModel[]): void {
  const seen = new Set<string>()
  for (const { params, loc } of asked) {
    for (const [name, value] of Object.entries(params)) {
      const key = JSON.stringify([name, value])
      if (seen.has(key)) continue
      seen.add(key)
      const trouble = backend.parameterTrouble(name, value)
      if (trouble !== null) throw new Invalid(trouble, loc.params[name] ?? loc.model, 'parameter')
    }
  }
}

/**
 * Only backends of OpenAI's kind list all of their models at once, and under the names by which they are asked for. Ollama
 * takes a name without a tag for `:latest`; a list with patterns or with nothing says nothing.
 */
function refuseUnlisted(kind: string, name: string, { models }: BackendCheck, asked: readonly AskedModel[]): void {
  if (models === null || models.length === 0 || models.some(model => model.includes('*'))) return
  if (kind !== 'openai' && kind !== 'openai-compatible') return
  const known = new Set(models.flatMap(model => [model, model.replace(/:latest$/, '')]))
  const unknown = asked.find(({ model }) => model !== '' && !known.has(model))
  if (unknown === undefined) return
  const some =
    models.length > 10 ? `${models.slice(0, 10).join(', ')} and ${models.length - 10} more` : models.join(', ')
  throw new Invalid(
    `The backend "${name}" has no model "${unknown.model}"; it has ${some}.`,
    unknown.loc.model,
    'model_unknown',
  )
}
