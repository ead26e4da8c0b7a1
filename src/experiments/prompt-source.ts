import type { Db } from '#db/connect.ts'
import { Invalid, type Location, NotFound } from '#errors.ts'
import type { RegisteredPrompt, RegisteredSource } from './pipeline.ts'
import { resolvePrompt } from './prompts.ts'

/** Looks up a prompt of the registry. @throws Invalid at `loc` when it is not there. */
export async function lookUpPrompt(
  db: Db,
  projectId: number,
  source: RegisteredSource,
  loc: Location,
): Promise<RegisteredPrompt> {
  try {
    const { name, version, system, user } = await resolvePrompt(db, projectId, source)
    return { name, version, system, user }
  } catch (error) {
    if (error instanceof NotFound || error instanceof Invalid) throw new Invalid(error.message, loc, 'prompt_unknown')
    throw error
  }
}
