import { join } from 'node:path'
import { createRoute, z } from '@hono/zod-openapi'
import { collectAnswerSchema } from '#datasets/preview.ts'
import { versionChangeSchema } from '#datasets/versions.ts'
import { createRouter } from '#http/router.ts'
import { answer, body, integerParameter, okSchema, refusals, uuidSchema } from '#http/schemas.ts'
import { streamBody } from '#http/stream-body.ts'
import { disputeSchema, listDisputes } from './adjudication.ts'
import { agreementReportSchema, reportAgreement } from './agreement-report.ts'
import { bulkResultSchema, bulkSchema, decideMany } from './bulk-decision.ts'
import { candidateIdSchema } from './candidate.ts'
import { narrowingFields } from './candidates.ts'
import { claimCandidate, claimNext, claimSchema, releaseCandidate, releaseScreen } from './claims.ts'
import { makeExport, openExport, restoreExport } from './export-file.ts'
import { exportInputSchema, exportRecordSchema, getExport, listExports } from './export-records.ts'
import {
  goldenBatchSchema,
  goldenResultSchema,
  goldenSchema,
  makeGoldenCase,
  makeGoldenCases,
  previewGoldenCases,
} from './golden.ts'
import { blindCandidateSchema, findNextOpinion, giveOpinion } from './opinions.ts'
import { promotedSchema, promoteMessage, promotionSchema } from './promote.ts'
import { adjudicationSchema, decideCandidate, editSchema, submissionSchema, undoneSchema } from './review.ts'
import { commentCandidate, reassignCandidate, reassignmentSchema, remarkSchema } from './review-notes.ts'
import { ruleSchema } from './rule.ts'
import { listRules, removeRule, ruleTrialSchema, saveRule, tryRule } from './rules.ts'
import { getOpinionShare, setOpinionShare } from './settings.ts'
import { reportThroughput, throughputSchema } from './throughput.ts'

const tags = ['corrections']
/** Not as a literal type: the framework takes whatever ends in `json` for one JSON value. */
const NDJSON: string = 'application/x-ndjson'

function declarePost<Input extends z.ZodType, Output extends z.ZodType, Path extends string>(
  path: Path,
  summary: string,
  input: Input,
  output: Output,
) {
  return createRoute({
    method: 'post',
    path,
    tags,
    summary,
    request: { body: body(input) },
    responses: { 200: answer(output, 'Done'), ...refusals },
  })
}

function declareGet<Output extends z.ZodType, Path extends string>(path: Path, summary: string, output: Output) {
  return createRoute({
    method: 'get',
    path,
    tags,
    summary,
    request: { query: z.object({ limit: integerParameter({ min: 1, max: 1000 }).default(100) }) },
    responses: { 200: answer(output, 'Done'), ...refusals },
  })
}

const screenSchema = z.string().max(64)

const claimInputSchema = z
  .strictObject({
    id: candidateIdSchema.optional().openapi({ description: 'This one instead of the next' }),
    after: candidateIdSchema.optional().openapi({ description: 'Only what comes after it' }),
    lease_seconds: z.int().min(1).max(86_400).default(600),
    screen: screenSchema.default('').openapi({ description: 'Which of the reviewer’s screens; each gets others' }),
    ...narrowingFields,
  })
  .openapi('ClaimInput')

const releaseSchema = z.object({
  id: candidateIdSchema,
  screen: screenSchema.optional().openapi({ description: 'Left out: whichever holds it' }),
})

const shareSchema = z.object({ share: z.number().min(0).max(1) })

const releaseScreenRoute = createRoute({
  method: 'delete',
  path: '/claims',
  tags,
  summary: 'Let go of everything that a screen holds; without a body, so that a page can send it while it goes',
  request: { query: z.object({ screen: screenSchema.default('') }) },
  responses: { 200: answer(okSchema, 'Done'), ...refusals },
})

const nextOpinionRoute = createRoute({
  method: 'get',
  path: '/opinions/next',
  tags,
  summary: 'A candidate that wants a second opinion',
  request: {
    query: z.object({ after: candidateIdSchema.optional().openapi({ description: 'Only what comes after it' }) }),
  },
  responses: { 200: answer(blindCandidateSchema, 'Without the first decision'), ...refusals },
})

const exportPath = { params: z.object({ export_id: uuidSchema }) }
const getExportRoute = createRoute({
  method: 'get',
  path: '/exports/{export_id}',
  tags,
  summary: 'An export',
  request: exportPath,
  responses: { 200: answer(exportRecordSchema, 'The record'), ...refusals },
})
const exportFileRoute = createRoute({
  method: 'get',
  path: '/exports/{export_id}/file',
  tags,
  summary: 'The file of an export',
  request: exportPath,
  responses: { 200: { description: 'The file', content: { [NDJSON]: { schema: z.string() } } }, ...refusals },
})
const restoreFileRoute = createRoute({
  method: 'post',
  path: '/exports/{export_id}/file',
  tags,
  summary: 'Make the file of an export again, byte for byte, where it is missing',
  request: exportPath,
  responses: { 200: answer(exportRecordSchema, 'The file is there'), ...refusals },
})

const removeRuleRoute = createRoute({
  method: 'delete',
  path: '/rules/{name}',
  tags,
  summary: 'Remove a rule; what it promoted stays',
  request: { params: z.object({ name: z.string() }) },
  responses: { 200: answer(okSchema, 'Removed'), ...refusals },
})

/** What reviewers need beside the contract. */
export const reviewRoutes = createRouter()
  .openapi(declarePost('/claim', 'Hold the next candidate for a while', claimInputSchema, claimSchema), async c => {
    const { id, after, lease_seconds, screen, ...filter } = c.req.valid('json')
    const { app, principal } = c.var
    const claim =
      id === undefined
        ? await claimNext(app.db, principal, { filter, lease_seconds, screen, after })
        : await claimCandidate(app.db, principal, id, { lease_seconds, screen })
    return c.json(claim, 200)
  })
  .openapi(declarePost('/release', 'Let go of a candidate', releaseSchema, okSchema), async c => {
    const { id, screen } = c.req.valid('json')
    await releaseCandidate(c.var.app.db, c.var.principal, id, screen)
    return c.json({ ok: true as const }, 200)
  })
  .openapi(releaseScreenRoute, async c => {
    await releaseScreen(c.var.app.db, c.var.principal, c.req.valid('query').screen)
    return c.json({ ok: true as const }, 200)
  })
  .openapi(declarePost('/edit', 'Change an approved correction', editSchema, undoneSchema), async c => {
    const step = { ...c.req.valid('json'), action: 'edit' as const }
    return c.json({ ok: true as const, retracted: await decideCandidate(c.var.app.db, c.var.principal, step) }, 200)
  })
  .openapi(declarePost('/comment', 'Say something about a candidate', remarkSchema, okSchema), async c => {
    await commentCandidate(c.var.app.db, c.var.principal, c.req.valid('json'))
    return c.json({ ok: true as const }, 200)
  })
  .openapi(declarePost('/reassign', 'Give a candidate to a reviewer', reassignmentSchema, okSchema), async c => {
    await reassignCandidate(c.var.app.db, c.var.principal, c.req.valid('json'))
    return c.json({ ok: true as const }, 200)
  })
  .openapi(declarePost('/bulk', 'Discard or flag many that wait', bulkSchema, bulkResultSchema), async c =>
    c.json(await decideMany(c.var.app.db, c.var.principal, c.req.valid('json')), 200),
  )
  .openapi(
    declarePost('/candidates', 'Make a candidate of a message of a session', promotionSchema, promotedSchema),
    async c => c.json(await promoteMessage(c.var.app.db, c.var.principal, c.req.valid('json')), 200),
  )
  .openapi(nextOpinionRoute, async c =>
    c.json(await findNextOpinion(c.var.app.db, c.var.principal, c.req.valid('query').after), 200),
  )
  .openapi(
    declarePost('/opinions', 'Give a second opinion; it changes no state', submissionSchema, okSchema),
    async c => {
      await giveOpinion(c.var.app.db, c.var.principal, c.req.valid('json'))
      return c.json({ ok: true as const }, 200)
    },
  )
  .openapi(declareGet('/opinions/share', 'How many go to a second reviewer', shareSchema), async c =>
    c.json({ share: await getOpinionShare(c.var.app.db, c.var.project) }, 200),
  )
  .openapi(declarePost('/opinions/share', 'Set how many go to a second reviewer', shareSchema, okSchema), async c => {
    await setOpinionShare(c.var.app.db, c.var.project, c.req.valid('json').share)
    return c.json({ ok: true as const }, 200)
  })
  .openapi(declareGet('/disputes', 'Where two reviewers disagree', z.array(disputeSchema)), async c =>
    c.json(await listDisputes(c.var.app.db, c.var.project, c.req.valid('query').limit), 200),
  )
  .openapi(declarePost('/adjudicate', 'Settle a disagreement', adjudicationSchema, undoneSchema), async c => {
    const step = { ...c.req.valid('json'), action: 'adjudicate' as const }
    return c.json({ ok: true as const, retracted: await decideCandidate(c.var.app.db, c.var.principal, step) }, 200)
  })
  .openapi(declareGet('/agreement', 'How far reviewers agree', agreementReportSchema), async c =>
    c.json(await reportAgreement(c.var.app.db, c.var.project), 200),
  )
  .openapi(declareGet('/throughput', 'Who did how much, how fast, and what waits', throughputSchema), async c =>
    c.json(await reportThroughput(c.var.app.db, c.var.project), 200),
  )
  .openapi(declarePost('/golden', 'Make a case of an approved correction', goldenSchema, goldenResultSchema), async c =>
    c.json(await makeGoldenCase(c.var.app.db, c.var.principal, c.req.valid('json')), 200),
  )
  .openapi(
    declarePost('/golden/all', 'Make cases of all approved corrections', goldenBatchSchema, versionChangeSchema),
    async c => c.json(await makeGoldenCases(c.var.app.db, c.var.principal, c.req.valid('json')), 200),
  )
  .openapi(
    declarePost(
      '/golden/preview',
      'What cases of corrections would change. Makes nothing',
      goldenBatchSchema,
      collectAnswerSchema,
    ),
    async c => c.json(await previewGoldenCases(c.var.app.db, c.var.project, c.req.valid('json')), 200),
  )
  .openapi(declarePost('/exports', 'Make a file of training data', exportInputSchema, exportRecordSchema), async c => {
    const { app, principal } = c.var
    return c.json(await makeExport(app.db, principal, join(app.config.home, 'exports'), c.req.valid('json')), 200)
  })
  .openapi(declareGet('/exports', 'Exports, newest first', z.array(exportRecordSchema)), async c =>
    c.json(await listExports(c.var.app.db, c.var.project, c.req.valid('query').limit), 200),
  )
  .openapi(getExportRoute, async c =>
    c.json(await getExport(c.var.app.db, c.var.project, c.req.valid('param').export_id), 200),
  )
  .openapi(exportFileRoute, async c => {
    const { app, project } = c.var
    const folder = join(app.config.home, 'exports')
    const { record, stream } = await openExport(app.db, project, folder, c.req.valid('param').export_id)
    return c.body(streamBody(stream), 200, {
      'content-type': NDJSON,
      'content-length': String(record.bytes),
      'content-disposition': `attachment; filename="${record.file_name}"`,
    })
  })
  .openapi(restoreFileRoute, async c => {
    const { app, project } = c.var
    const folder = join(app.config.home, 'exports')
    return c.json(await restoreExport(app.db, project, folder, c.req.valid('param').export_id), 200)
  })
  .openapi(declareGet('/rules', 'Rules that promote answers', z.array(ruleSchema)), async c =>
    c.json(await listRules(c.var.app.db, c.var.project), 200),
  )
  .openapi(
    declarePost('/rules', 'Make or replace a rule; it looks at what comes from now on', ruleSchema, okSchema),
    async c => {
      await saveRule(c.var.app.db, c.var.principal, c.req.valid('json'))
      return c.json({ ok: true as const }, 200)
    },
  )
  .openapi(
    declarePost('/rules/try', 'How many a rule would have promoted lately', ruleSchema, ruleTrialSchema),
    async c => c.json(await tryRule(c.var.app.db, c.var.project, c.req.valid('json')), 200),
  )
  .openapi(removeRuleRoute, async c => {
    await removeRule(c.var.app.db, c.var.project, c.req.valid('param').name)
    return c.json({ ok: true as const }, 200)
  })
