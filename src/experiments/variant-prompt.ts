/** What an experiment found goes into use: a variant's prompt gets a label of the registry. */
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Conflict, Invalid } from '#errors.ts'
import { type Contest, pickVariant, readContest, readContestVariants } from './contest.ts'
import { namedVariantSchema } from './leaderboard-schemas.ts'
import type { VariantStage } from './pipeline.ts'
import { labelPrompt, labelStateSchema, promptLabelSchema } from './prompt-labels.ts'
import { NEWEST_LABEL, promptNameSchema, savePrompt } from './prompts.ts'

export const variantLabelInputSchema = z
  .strictObject({
    variant: z
      .string()
      .min(1)
      .max(10_000)
      .openapi({ description: 'A variant by number, label, or the JSON of its trial' }),
    label: promptLabelSchema,
    stage: z.string().min(1).max(100).optional().openapi({ description: 'Needed where there are several stages' }),
    prompt: promptNameSchema
      .optional()
      .openapi({ description: 'The name in the registry; by default that of the prompt which the stage uses' }),
  })
  .openapi('VariantLabelInput')

export const variantLabelSchema = labelStateSchema
  .extend({
    created: z.boolean().openapi({ description: 'Whether this version is new in the registry' }),
    variant: namedVariantSchema,
    stage: z.string(),
  })
  .openapi('VariantLabel')

/**
 * Puts a label at the prompt of a variant. A text that the registry has under this name is that version; any other, also one
 * of which a parameter varied the system message, becomes a new version. The model and its parameters are no part of it.
 *
 * @param reference the experiment's id or name.
 * @throws NotFound; Conflict before there are variants; Invalid for a variant that there is not, and where it is not clear
 * which stage or which name is meant.
 */
export async function labelVariantPrompt(
  db: Db,
  projectId: number,
  userId: number,
  reference: string,
  wanted: z.infer<typeof variantLabelInputSchema>,
): Promise<z.infer<typeof variantLabelSchema>> {
  const { label } = wanted
  if (label === NEWEST_LABEL) {
    throw new Invalid(`"${NEWEST_LABEL}" always means the newest version; choose another label.`, ['body', 'label'])
  }
  const contest = await readContest(db, projectId, reference)
  const variants = await readContestVariants(db, contest)
  if (variants.length === 0) throw new Conflict('This experiment has no variants yet: start it first.')
  const { variant_no, label: called } = pickVariant(variants, wanted.variant, ['body', 'variant'])
  const stage = pickStage(await readVariantStages(db, contest, variant_no), wanted.stage)
  const name = wanted.prompt ?? stage.prompt?.name
  if (name === undefined) {
    throw new Invalid(
      'Its prompt is not in the registry: say under which name to keep it.',
      ['body', 'prompt'],
      'missing',
    )
  }
  if (stage.user === '') throw new Invalid('This prompt has no text.', ['body', 'variant'])
  return transact(db, async tx => {
    const { version, created } = await savePrompt(tx, projectId, userId, name, stage)
    const state = await labelPrompt(tx, projectId, userId, { name, label, version })
    return { ...state, created, variant: { variant_no, label: called }, stage: stage.name }
  })
}

function pickStage(stages: readonly VariantStage[], wish: string | undefined): VariantStage {
  const [first] = stages
  if (wish === undefined && first !== undefined && stages.length === 1) return first
  const found = stages.find(({ name }) => name === wish)
  if (found !== undefined) return found
  const names = stages.map(({ name }) => name).join(', ')
  throw wish === undefined
    ? new Invalid(`Name the stage whose prompt is meant: ${names}.`, ['body', 'stage'], 'missing')
    : new Invalid(`There is no stage "${wish}"; there are ${names}.`, ['body', 'stage'])
}

async function readVariantStages(
  db: Db,
  { project_id, experiment_no }: Contest,
  variantNo: number,
): Promise<VariantStage[]> {
  const { stages } = await queryRow<{ stages: VariantStage[] }>(
    db,
    sql`
      select stages from variants
      where project_id = ${project_id} and experiment_no = ${experiment_no} and variant_no = ${variantNo}`,
  )
  return stages
}
