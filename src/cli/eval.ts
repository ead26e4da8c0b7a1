import type { Command } from 'commander'
import { addRunCommands } from './eval-run.ts'
import { addShowCommands } from './eval-show.ts'
import { addStatsCommands } from './eval-stats.ts'
import { addVersionCommands } from './eval-versions.ts'

/** `whetstone eval`: judging, and what came of it. */
export function addEvaluationCommands(program: Command): void {
  const group = program.command('eval').description('judge sessions, and see what came of it')
  addRunCommands(group)
  addShowCommands(group)
  addStatsCommands(group)
  addVersionCommands(group)
}
