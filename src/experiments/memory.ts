import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import type { ExperimentKey } from './experiments.ts'
import type { VariantStage } from './pipeline.ts'
import { type PreparedStage, prepareStages } from './stages.ts'
import type { CompiledTemplate } from './template.ts'

export interface ReadyVariant {
  stages: VariantStage[]
  prepared: PreparedStage[]
}

/** What a process keeps of the experiments that it works on. */
export interface ExperimentMemory {
  /** Variants by number, their templates compiled. */
  readVariants: (db: Db, key: ExperimentKey, variantNos: readonly number[]) => Promise<Map<number, ReadyVariant>>
  /** Whether the experiment's last run found its answers in the ledger, so that the next may as well. */
  isLikely: (key: ExperimentKey) => boolean
  setLikely: (key: ExperimentKey, likely: boolean) => void
}

/** Experiments that are kept, and variants of each. */
const EXPERIMENTS = 16
const VARIANTS = 5_000

interface Kept {
  variants: Map<number, ReadyVariant>
  compiled: Map<string, CompiledTemplate>
  likely: boolean
}

/** An empty memory, for as long as the process lives. It keeps the sixteen experiments that were worked on last. */
export function createExperimentMemory(): ExperimentMemory {
  const kept = new Map<number, Kept>()
  const recall = ({ experiment_no }: ExperimentKey): Kept => {
    const one = kept.get(experiment_no) ?? { variants: new Map(), compiled: new Map(), likely: true }
    // The one that was used last stands last.
    kept.delete(experiment_no)
    kept.set(experiment_no, one)
    const oldest = kept.keys().next().value
    if (kept.size > EXPERIMENTS && oldest !== undefined) kept.delete(oldest)
    return one
  }
  return {
    isLikely: key => recall(key).likely,
    setLikely: (key, likely) => {
      recall(key).likely = likely
    },
    readVariants: async (db, key, variantNos) => {
      const one = recall(key)
      const missing = [...new Set(variantNos)].filter(no => !one.variants.has(no))
      if (missing.length > 0 && one.variants.size > VARIANTS) {
        one.variants = new Map()
        one.compiled = new Map()
        return fetchVariants(db, key, [...new Set(variantNos)], one)
      }
      return fetchVariants(db, key, missing, one)
    },
  }
}

async function fetchVariants(
  db: Db,
  { project_id, experiment_no }: ExperimentKey,
  missing: number[],
  { variants, compiled }: Kept,
): Promise<Map<number, ReadyVariant>> {
  if (missing.length === 0) return variants
  const rows = await query<{ variant_no: number; stages: VariantStage[] }>(
    db,
    sql`
      select variant_no, stages from variants
      where project_id = ${project_id} and experiment_no = ${experiment_no} and variant_no = any(${missing}::integer[])`,
  )
  for (const { variant_no, stages } of rows) {
    variants.set(variant_no, { stages, prepared: prepareStages(stages, undefined, compiled) })
  }
  return variants
}
