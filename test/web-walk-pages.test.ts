import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type WalkedPage, walkPages } from '../web/ui/walk-pages.ts'

/** A list in the order of its times, newest first, in pages of two; `meanwhile` changes it after each page. */
function openList(times: Map<string, number>, meanwhile: (page: number) => void = () => {}) {
  let asked = 0
  const fetchPage = async (place: number | null): Promise<WalkedPage<string, number>> => {
    const order = [...times].sort(([, a], [, b]) => b - a).filter(([, at]) => place === null || at < place)
    const rows = order.slice(0, 2)
    meanwhile(++asked)
    return { rows: rows.map(([id]) => id), next: order.length > 2 ? (rows.at(-1)?.[1] ?? null) : null }
  }
  return { fetchPage, asked: () => asked }
}

const walk = async (fetchPage: (place: number | null) => Promise<WalkedPage<string, number>>) =>
  Array.fromAsync(walkPages(fetchPage, row => row))

test('every row of a list comes once, a page at a time, and its head is looked at once more', async () => {
  const list = openList(new Map(['a', 'b', 'c', 'd', 'e'].map((id, n) => [id, 10 - n])))
  assert.deepEqual(await walk(list.fetchPage), [['a', 'b'], ['c', 'd'], ['e']])
  assert.equal(list.asked(), 4)
})

test('a row that moves from where nobody has looked yet to the head is not missed, and none comes twice', async () => {
  const times = new Map(['a', 'b', 'c', 'd', 'e', 'f'].map((id, n) => [id, 10 - n]))
  const list = openList(times, page => {
    if (page === 1) for (const [n, id] of ['a', 'f', 'e', 'd'].entries()) times.set(id, 20 + n)
  })
  const rows = (await walk(list.fetchPage)).flat()
  assert.deepEqual(rows.toSorted(), ['a', 'b', 'c', 'd', 'e', 'f'])
})

test('pages without a row are passed over, and rows without a name come as they are', async () => {
  const pages = [['a'], [], [null, null], ['a', 'b']]
  const fetchPage = async (place: number | null) => ({
    rows: pages[place ?? 0] ?? [],
    next: (place ?? 0) + 1 < pages.length ? (place ?? 0) + 1 : null,
  })
  const rows = await Array.fromAsync(walkPages<string | null, number>(fetchPage, row => row))
  assert.deepEqual(rows, [['a'], [null, null], ['b']])
})
