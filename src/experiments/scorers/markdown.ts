import { z } from '@hono/zod-openapi'
import { Lexer, type Token } from 'marked'
import { writeCount } from './counted.ts'
import { defineScorer, type Grade } from './scorer.ts'

const countSchema = z.number().int().nonnegative()
const LONGEST = 200_000

/**
 * The share of the wanted properties of Markdown (CommonMark with GitHub's tables) that the output has: numbers of headings
 * and of list items, headings of given levels or words, no list, a table, a code block. What stands in a code block is
 * no heading and no list; items and headings inside lists and quotes count. Only the first 200,000 characters are read.
 */
export const markdownScorer = defineScorer({
  kind: 'markdown',
  revision: 1,
  settings: {
    min_headings: countSchema.exactOptional(),
    max_headings: countSchema.exactOptional(),
    /** Headings that must be there, by their text; case and white space at the ends do not count. */
    headings: z.array(z.string().trim().min(1)).min(1).exactOptional(),
    /** The only levels that headings may have, 1 to 6. */
    levels: z.array(z.number().int().min(1).max(6)).min(1).exactOptional(),
    min_list_items: countSchema.exactOptional(),
    max_list_items: countSchema.exactOptional(),
    /** The only kind that lists may be of. */
    list: z.enum(['bullet', 'ordered']).exactOptional(),
    min_code_blocks: countSchema.exactOptional(),
    min_tables: countSchema.exactOptional(),
  },
  check: config =>
    Object.keys(config).length === 0
      ? { field: 'min_headings', message: 'expected at least one property that is wanted' }
      : null,
  compile: config => (_scored, output) => {
    const seen = lookAtMarkdown(output.text.slice(0, LONGEST))
    if (seen === null) return { value: 0, explanation: 'Its quotes and lists are nested too deeply to be read.' }
    const missing = (config.headings ?? []).filter(text => !seen.headings.includes(text.toLowerCase()))
    const wrongLevels = seen.levels.filter(level => config.levels?.includes(level) === false)
    const wrongLists = seen.lists.filter(kind => config.list !== undefined && kind !== config.list)
    const checks = [
      atLeast('heading', seen.headings.length, config.min_headings),
      atMost('heading', seen.headings.length, config.max_headings),
      config.headings && check(missing.length === 0, `all headings there`, `no heading ${missing.join(', ')}`),
      config.levels &&
        check(wrongLevels.length === 0, 'levels as wanted', `headings of level ${wrongLevels.join(', ')}`),
      atLeast('list item', seen.items, config.min_list_items),
      atMost('list item', seen.items, config.max_list_items),
      config.list &&
        check(wrongLists.length === 0, `lists are ${config.list}`, writeCount(wrongLists.length, 'other list')),
      atLeast('code block', seen.code_blocks, config.min_code_blocks),
      atLeast('table', seen.tables, config.min_tables),
    ].filter(one => one !== undefined)
    return gradeChecks(checks)
  },
})

interface Check {
  holds: boolean
  text: string
}

interface SeenMarkdown {
  /** In lower case. */
  headings: string[]
  levels: number[]
  items: number
  lists: ('bullet' | 'ordered')[]
  code_blocks: number
  tables: number
}

function lookAtMarkdown(text: string): SeenMarkdown | null {
  try {
    return countBlocks(text)
  } catch (error) {
    // The parser calls itself for what stands inside a quote or list; thousands of levels exhaust the stack.
    if (error instanceof RangeError) return null
    throw error
  }
}

function countBlocks(text: string): SeenMarkdown {
  const seen: SeenMarkdown = { headings: [], levels: [], items: 0, lists: [], code_blocks: 0, tables: 0 }
  // Blocks alone: what stands inside a line does not matter here, and takes most of the time.
  const waiting: Token[] = new Lexer({ gfm: true }).blockTokens(text)
  for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
    if (token.type === 'heading') {
      seen.headings.push(String(token.text).trim().toLowerCase())
      seen.levels.push(Number(token.depth))
    } else if (token.type === 'list') {
      seen.items += token.items.length
      seen.lists.push(token.ordered ? 'ordered' : 'bullet')
      waiting.push(...token.items)
    } else if (token.type === 'code') seen.code_blocks++
    else if (token.type === 'table') seen.tables++
    else if (token.type === 'blockquote' || token.type === 'list_item') waiting.push(...(token.tokens ?? []))
  }
  return seen
}

function gradeChecks(checks: Check[]): Grade {
  const holding = checks.filter(({ holds }) => holds).length
  const explanation = `${holding} of ${checks.length} ${holding === 1 ? 'holds' : 'hold'}: ${checks.map(({ text }) => text).join('; ')}`
  return { value: holding / checks.length, explanation }
}

function check(holds: boolean, right: string, wrong: string): Check {
  return { holds, text: holds ? right : wrong }
}

function atLeast(what: string, count: number, least: number | undefined): Check | undefined {
  return least === undefined
    ? undefined
    : check(count >= least, writeCount(count, what), `${writeCount(count, what)}, not ${least}`)
}

function atMost(what: string, count: number, most: number | undefined): Check | undefined {
  return most === undefined
    ? undefined
    : check(count <= most, writeCount(count, what), `${writeCount(count, what)}, more than ${most}`)
}
