/** What a gate came to, as text for people, for pull requests and for machines that read JUnit's XML. Pure. */
import type { ShownGate } from '#client.ts'
import { showText } from './terminal-text.ts'

type Compared = ShownGate['comparisons'][number]

const WORDS = { pass: 'passed', fail: 'failed', open: 'open' } as const

/** Lines for the terminal. */
export function describeGate(gate: ShownGate): string[] {
  const lines = gate.comparisons.map(one => showText(`${WORDS[one.outcome]}: ${wordOutcome(gate, one)}`))
  return [...lines, ...listNotes(gate)]
}

/** Markdown for a pull request. Names of variants come from users, so they stand as code, where nothing has a meaning. */
export function formatGateMarkdown(gate: ShownGate): string {
  const mark = { pass: '✅', fail: '❌', open: '⚠️' }[gate.outcome]
  const rows = gate.comparisons.map(one =>
    [
      quoteCode(one.variant.label),
      WORDS[one.outcome],
      showMean(one.variant_mean),
      showMean(one.baseline_mean),
      signed(one.difference),
      `${signed(one.lower_bound)} to ${signed(one.upper_bound)}`,
      `${one.cases} (${one.clusters})`,
      `${one.variant_failed} / ${one.baseline_failed}`,
    ].join(' | '),
  )
  return [
    `### ${mark} Gate ${WORDS[gate.outcome]}: ${quoteCode(gate.name)}`,
    '',
    ...gate.comparisons.map(one => `${wordOutcome(gate, one, quoteCode)}\n`),
    `| variant | outcome | mean | baseline | difference | one-sided ${percent(gate.level)} bounds | cases (clusters) | failed runs |`,
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(row => `| ${row} |`),
    '',
    ...listNotes(gate),
    '',
  ].join('\n')
}

/**
 * JUnit's XML, a test case for each comparison: `open` is an error and `fail` a failure, since neither lets the variant
 * through. Attributes and order as Jenkins' schema has them.
 */
export function formatGateXml(gate: ShownGate): string {
  const count = (outcome: Compared['outcome']) => gate.comparisons.filter(one => one.outcome === outcome).length
  const counts = `tests="${gate.comparisons.length}" failures="${count('fail')}" errors="${count('open')}"`
  const cases = gate.comparisons.flatMap(one => {
    const name = escapeXml(`${one.variant.label} against ${gate.baseline.label}`)
    const text = escapeXml(wordOutcome(gate, one))
    const kind = { pass: 'system-out', fail: 'failure', open: 'error' }[one.outcome]
    const attributes = one.outcome === 'pass' ? '' : ` type="${one.outcome}" message="${text}"`
    return [
      `    <testcase name="${name}" classname="whetstone.gate" time="0">`,
      `      <${kind}${attributes}>${text}</${kind}>`,
      '    </testcase>',
    ]
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="whetstone gate" ${counts} time="0">`,
    `  <testsuite name="${escapeXml(gate.name)}" ${counts} skipped="0" time="0">`,
    '    <properties>',
    ...listProperties(gate).map(([name, value]) => `      <property name="${name}" value="${escapeXml(value)}"/>`),
    '    </properties>',
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function listProperties(gate: ShownGate): [string, string][] {
  return [
    ['experiment', gate.experiment_id],
    ['baseline', gate.baseline.label],
    ['max_regression', String(gate.margin)],
    ['level', String(gate.level)],
    ['split', gate.split],
    ['selection', gate.selection],
  ]
}

function wordOutcome(gate: ShownGate, one: Compared, name: (label: string) => string = label => label): string {
  const [variant, baseline] = [name(one.variant.label), name(gate.baseline.label)]
  const margin = gate.margin
  const told = {
    pass: `${variant} is not worse than ${baseline} by ${margin} or more`,
    fail: `${variant} is worse than ${baseline} by more than ${margin}`,
    open: `the data can't say whether ${variant} is worse than ${baseline} by ${margin}; more cases would`,
  }[one.outcome]
  const bounds = `${signed(one.lower_bound)} to ${signed(one.upper_bound)}`
  return `${told}: difference ${signed(one.difference)}, one-sided ${percent(gate.level)} bounds ${bounds}, ${one.cases} cases in ${one.clusters} clusters.`
}

function listNotes({ split, selection, comparisons }: ShownGate): string[] {
  const where = { all: 'all cases', train: 'the train split', test: 'the test split' }[split]
  const how = {
    named: `Compared on ${where}.`,
    'selected on these cases': `The variant was selected on these cases (${where}), so its mean is likely too high.`,
    'selected on the train split': 'The variant was selected on the train split and compared on the test split.',
  }[selection]
  const unpaired = Math.max(0, ...comparisons.map(one => one.unpaired))
  return unpaired === 0 ? [how] : [how, `Up to ${unpaired} cases were run by one of the two alone and do not count.`]
}

/** As code; a run of backticks inside gets a longer one outside, and a bar would end the table's cell. */
function quoteCode(label: string): string {
  const text = showText(label).replaceAll('|', '\\|')
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  const space = /^`|`$|^ .* $/.test(text) ? ' ' : ''
  return `${fence}${space}${text}${space}${fence}`
}

/** XML 1.0 has no way to write most control characters; `showText` spells them out. */
function escapeXml(text: string): string {
  const names: { [character: string]: string } = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  }
  return showText(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, character => names[character] ?? character)
}

function showMean({ estimate, low, high }: Compared['variant_mean']): string {
  const ends = low === null || high === null ? '' : ` (${low.toFixed(3)} to ${high.toFixed(3)})`
  return `${estimate.toFixed(3)}${ends}`
}

function signed(value: number): string {
  const text = Math.abs(value).toFixed(3)
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`
}

function percent(level: number): string {
  return `${Number((100 * level).toFixed(2))} %`
}
