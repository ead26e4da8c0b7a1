/** Stages ready to be asked: their templates compiled. */
import { Invalid, type Location } from '#errors.ts'
import type { ModelMessage, ModelRequest } from '#models/model.ts'
import type { VariantStage } from './pipeline.ts'
import { type CompiledTemplate, checkVariables, compileTemplate, renderTemplate } from './template.ts'

export interface PreparedStage {
  stage: VariantStage
  system: CompiledTemplate | null
  user: CompiledTemplate
  loc: { system: Location; user: Location }
}

/** Where the texts of a stage stand in a request. */
export interface StagePlaces {
  prompt: Location
  system: Location | null
  user: Location | null
}

/**
 * Compiles the templates of a variant's stages and checks that each reads only outputs of stages before it, which rules
 * out circles.
 *
 * @param compiled templates that are compiled already, by their text; what is new is added.
 * @throws Invalid at the prompt's place.
 */
export function prepareStages(
  stages: readonly VariantStage[],
  places?: readonly StagePlaces[],
  compiled = new Map<string, CompiledTemplate>(),
): PreparedStage[] {
  const compile = (text: string, loc: Location) => {
    const template = compiled.get(text) ?? compileTemplate(text, loc)
    compiled.set(text, template)
    return template
  }
  return stages.map((stage, index) => {
    const earlier = stages.slice(0, index).map(other => other.name)
    const loc = placeTexts(places?.[index])
    const prepared = {
      stage,
      system: stage.system === null ? null : compile(stage.system, loc.system),
      user: compile(stage.user, loc.user),
      loc,
    }
    for (const [template, at] of listTemplates(prepared)) {
      checkVariables(template, assumeInput(template), earlier, at)
    }
    return prepared
  })
}

/** Checks that an input has all that the stages read. @throws Invalid at the prompt's place, naming the case if there is one. */
export function checkInput(stages: readonly PreparedStage[], input: unknown, caseId: string | null = null): void {
  const names = stages.map(({ stage }) => stage.name)
  for (const [index, prepared] of stages.entries()) {
    for (const [template, loc] of listTemplates(prepared)) {
      try {
        checkVariables(template, input, names.slice(0, index), loc)
      } catch (error) {
        throw caseId === null ? error : blameCase(error, caseId)
      }
    }
  }
}

/** What a stage asks about an input, given the outputs of the stages before it. @throws Invalid */
export function buildRequest(
  { stage, system, user }: PreparedStage,
  input: unknown,
  outputs: { [stage: string]: string },
): ModelRequest {
  const scope = { input, stages: outputs }
  const messages: ModelMessage[] = []
  if (system !== null) messages.push({ role: 'system', content: renderTemplate(system, scope) })
  messages.push({ role: 'user', content: renderTemplate(user, scope) })
  const { model, params, schema, tools } = stage
  return { model, messages, parameters: params, schema, ...(tools === null ? {} : { tools }) }
}

function listTemplates({ system, user, loc }: PreparedStage): [CompiledTemplate, Location][] {
  return system === null
    ? [[user, loc.user]]
    : [
        [system, loc.system],
        [user, loc.user],
      ]
}

function placeTexts(places: StagePlaces | undefined) {
  const at = places?.prompt ?? ['body', 'prompt']
  return { system: places?.system ?? at, user: places?.user ?? at }
}

/** An input that has every field which the template reads, so that only its stages are looked at. */
function assumeInput(template: CompiledTemplate): { [field: string]: null } {
  const fields = template.variables.map(({ path }) => String(path[0])).filter(name => name !== 'stages')
  return Object.fromEntries(fields.map(name => [name, null]))
}

/** Says which case is meant. */
function blameCase(error: unknown, caseId: string): unknown {
  if (!(error instanceof Invalid)) return error
  return new Invalid(`${error.message.replace(/\.$/, '')}; in case ${caseId}`, error.loc, error.slug)
}
