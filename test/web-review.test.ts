import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import { readMessageText } from '../web/review/prompt-text.ts'
import { readReviewSearch } from '../web/review/review-search.ts'
import { diffWords, findAdded, type WordChange } from '../web/review/word-diff.ts'

const side = (changes: WordChange[], sign: '-' | '+') =>
  changes
    .filter(change => change.sign === ' ' || change.sign === sign)
    .map(change => change.text)
    .join('')

test('a difference in words gives back both texts, whatever they are', t => {
  const seed = Date.now() % 2 ** 31
  t.diagnostic(`seed ${seed}`)
  const random = mersenne(seed)
  const words = ['the', 'order', ' ', ' ', '\n', '4417', ',', 'é', '👍', '  ', '\r\n', '\ud800', 'refund']
  const write = () =>
    Array.from({ length: uniformInt(random, 0, 40) }, () => words[uniformInt(random, 0, words.length - 1)]).join('')
  for (let n = 0; n < 500; n++) {
    const [before, after] = [write(), write()]
    const changes = diffWords(before, after)
    assert.equal(side(changes, '-'), before)
    assert.equal(side(changes, '+'), after)
    for (const { from, to } of findAdded(changes)) assert.ok(from < to && to <= after.length)
    for (const [index, { sign }] of changes.entries()) assert.notEqual(sign, changes[index - 1]?.sign)
  }
})

test('a difference names the words that changed, and those of a replaced phrase together', () => {
  assert.deepEqual(diffWords('Your refund was sent yesterday.', 'Your refund was sent on 12 Nov.'), [
    { sign: ' ', text: 'Your refund was sent ' },
    { sign: '-', text: 'yesterday' },
    { sign: '+', text: 'on 12 Nov' },
    { sign: ' ', text: '.' },
  ])
  assert.deepEqual(diffWords('a red car stops', 'a blue bus stops'), [
    { sign: ' ', text: 'a ' },
    { sign: '-', text: 'red car' },
    { sign: '+', text: 'blue bus' },
    { sign: ' ', text: ' stops' },
  ])
  assert.deepEqual(diffWords('same', 'same'), [{ sign: ' ', text: 'same' }])
})

test('texts of thousands of words that have nothing in common are two texts, at once', () => {
  const write = (word: string) => Array.from({ length: 20_000 }, (_, n) => `${word}${n}`).join('-')
  const began = performance.now()
  const changes = diffWords(write('a'), write('b'))
  assert.ok(performance.now() - began < 2_000)
  assert.equal(side(changes, '-'), write('a'))
  assert.equal(side(changes, '+'), write('b'))
})

test("the queue's filters come from the address, and what it cannot mean does not", () => {
  const search = readReviewSearch({
    source: '(none)',
    model_name: 'gemma4:31b',
    failure_category: 'wrong_answer',
    min_quality: '0.2',
    max_quality: '7',
    second: '1',
    id: 'x',
    task_type: '',
  })
  assert.deepEqual(search, {
    ...{ source: '(none)', model_name: 'gemma4:31b', failure_category: 'wrong_answer', min_quality: '0.2' },
    ...{ second: '1', id: 'x' },
  })
})

test("a prompt's message is text, whatever form its content has", () => {
  assert.equal(readMessageText({ role: 'user', content: 'Hello' }), 'Hello')
  assert.equal(readMessageText({ role: 'user' }), '')
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(5_000)}` } }
  const parts = [{ type: 'text', text: 'See' }, 'this', image, 7]
  const text = readMessageText({ role: 'user', content: parts, tool_calls: [{ id: 'c' }] })
  assert.match(text, /^See\nthis\n\{"type":"image_url".*\(5022 characters\)"\}\}\n7\n\{"id":"c"\}$/)
})
