import { type Command, Option } from 'commander'
import { type EvaluatedSession, readAnswer, type ShownScores } from '#client.ts'
import { formatMinute, parseCount } from './amounts.ts'
import { withService } from './command.ts'
import { AXES_LEGEND, listOverviewColumns, listScoreColumns, OVERVIEW_LEGEND } from './score-columns.ts'
import { formatTable, printTable } from './table.ts'
import { colours, formatJson, print, showText, wrapText } from './terminal-text.ts'

interface ListOptions {
  limit: number
  profile?: string
  status?: 'evaluated' | 'pending' | 'stale'
}

const STATUSES = ['evaluated', 'pending', 'stale']
const COMMENT_COLUMNS = 96

/** `whetstone eval list` and `show`. */
export function addShowCommands(group: Command): void {
  group
    .command('list')
    .description('list sessions with their latest scores, newest first')
    .option('--limit <n>', 'at most this many, up to 500', parseCount, 50)
    .option('--profile <id>', 'only sessions of this agent')
    .addOption(new Option('--status <status>', 'only these').choices(STATUSES))
    .action((_options, command: Command) =>
      withService<ListOptions>(command, async ({ service, options }) => {
        const { limit, profile, status, json } = options
        const query = {
          limit: String(limit),
          ...(profile === undefined ? {} : { profile }),
          ...(status ? { status } : {}),
        }
        const rows = await readAnswer(service.client.api.eval.sessions.$get({ query }))
        await printTable(listOverviewColumns(), rows, {
          json,
          nothing: 'No sessions. Bring some in with: whetstone import',
        })
        if (!json && rows.length > 0) await print(colours.dim(OVERVIEW_LEGEND))
        return 0
      }),
    )
  group
    .command('show <session>')
    .description('show every judging of a session: each expert, then their average')
    .action((sessionId: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const param = { session_id: encodeURIComponent(sessionId) }
        const session = await readAnswer(service.client.api.eval.sessions[':session_id'].$get({ param }))
        if (options.json) await print(formatJson(session))
        else await print(...describeSession(session))
        return 0
      }),
    )
}

type Pass = EvaluatedSession['evaluations']

function describeSession(session: EvaluatedSession): string[] {
  const name = session.name === null ? '' : `  ${showText(session.name)}`
  const { length } = session.feedback
  const lines = [
    `${colours.bold(showText(session.session_id))}${name}`,
    `profile ${showText(session.profile_id)}, ${session.msg_count} messages, ${length} ${length === 1 ? 'rating' : 'ratings'}, ` +
      `${formatMinute(session.created_at)} to ${formatMinute(session.last_active)} UTC`,
  ]
  const passes = [...Map.groupBy(session.evaluations, evaluation => evaluation.eval_run_id).values()]
  if (passes.length === 0) return [...lines, '', 'Not judged yet. Do so with: whetstone eval run']
  return [...lines, ...passes.flatMap(pass => ['', ...describePass(pass)]), '', colours.dim(AXES_LEGEND)]
}

function describePass(pass: Pass): string[] {
  const [first] = pass
  if (first === undefined) return []
  const title = `${formatMinute(first.eval_date)} UTC by ${showText(first.judge_model)}, under ${showText(first.judge_version)} and ${showText(first.rubric_version)}`
  const rows: { who: string; scores: ShownScores }[] = [
    ...pass.map(evaluation => ({ who: evaluation.expert_id, scores: evaluation.scores })),
    { who: 'average', scores: first.pass_avg },
  ]
  const table = formatTable(
    [{ title: 'expert', value: row => row.who }, ...listScoreColumns<(typeof rows)[number]>(row => row.scores)],
    rows,
  )
  const cut =
    first.cut === null ? [] : ['The session is longer than the window of the judge, which did not see all of it.']
  const comments = pass.flatMap(({ expert_id, comment }) =>
    wrapText(`${expert_id}: ${comment}`, COMMENT_COLUMNS).map(line => `  ${line}`),
  )
  return [colours.bold(title), ...table, ...cut, ...comments]
}
