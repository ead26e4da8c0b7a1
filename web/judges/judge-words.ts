import type { ShownPanel, ShownRubric } from '#client.ts'
import { SHOWN_AXES } from '../ui/axes.ts'

/** `standard@1f3a9c02` as an address has it: the name, and the digits of its content. Pure. */
export function splitVersion(version: string): { name: string; v: string } {
  const at = version.lastIndexOf('@')
  return { name: version.slice(0, at), v: version.slice(at + 1) }
}

/** What a rubric says of its axes, in the order of the pages, each with its anchors from low to high. Pure. */
export function listAxes(rubric: ShownRubric) {
  return SHOWN_AXES.map(({ axis, letter }) => {
    const text: AxisText = rubric.axes[axis]
    const anchors = Object.entries(text.anchors).sort(([one], [other]) => Number(one) - Number(other))
    return { axis, letter, title: text.title, description: text.description, anchors, unused: text.unused }
  })
}

interface AxisText {
  title: string
  description: string
  anchors: { [score: string]: string }
  unused?: string | undefined
}

/** A rubric as text whose lines can be compared. Pure. */
export function writeRubric(rubric: ShownRubric): string {
  const axes = listAxes(rubric).flatMap(({ axis, title, description, anchors, unused }) => [
    '',
    `${axis}: ${title}`,
    ...wrap(description),
    ...anchors.flatMap(([score, words]) => wrap(`${score}: ${words}`)),
    ...(unused === undefined ? [] : wrap(`null: ${unused}`)),
  ])
  return [rubric.title, ...axes].join('\n')
}

/** A panel as text whose lines can be compared. Pure. */
export function writePanel(panel: ShownPanel): string {
  const parameters = Object.entries(panel.parameters ?? {}).map(([name, value]) => `${name}: ${value}`)
  const experts = panel.experts.flatMap(({ id, title, instructions }) => ['', `${id}: ${title}`, ...wrap(instructions)])
  return [panel.title, `kind: ${panel.kind}`, ...parameters, ...experts].join('\n')
}

/** A sentence a line: a word that was changed does not move the lines after it. */
function wrap(text: string): string[] {
  return text.split(/\n|(?<=[.:;?!]) +/)
}
