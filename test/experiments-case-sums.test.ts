import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import { CELL, createPicture, findCase, type Picture, refreshPicture } from '#experiments/case-sums.ts'
import { countPictures, withPicture } from '#experiments/pictures.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { putSums, seedExperiment, sumRuns } from './experiment-seed.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database.drop())

const VARIANTS = 4
const CASES = 6

async function seed() {
  const cases = Array.from({ length: CASES }, (_, index) => ({ cluster: `c${index % 3}`, split: index * 1000 }))
  const runs = cases.map((_, index) => (index < 3 ? [{ grades: [0.5, 0.25] }] : null))
  return seedExperiment(database.db, {
    scorers: [
      { name: 'a', weight: 1 },
      { name: 'b', weight: 1 },
    ],
    cases,
    variants: Array.from({ length: VARIANTS }, (_, model) => ({ trial: { model }, runs })),
  })
}

/** All sums of a picture by variant and case number. */
function readPicture(picture: Picture): Map<string, number[]> {
  const found = new Map<string, number[]>()
  for (const { variant_no, cases, cells } of picture.variants.values()) {
    for (const [place, index] of cases.entries()) {
      const cell = cells.subarray(place * picture.width, (place + 1) * picture.width)
      found.set(`${variant_no}:${picture.cases[index]?.case_no}`, [...cell])
    }
  }
  return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)))
}

async function readAfresh(experimentNo: number) {
  const picture = createPicture(1, experimentNo, 2)
  await refreshPicture(database.db, picture)
  return readPicture(picture)
}

const row = (experiment_no: number, variant_no: number, case_no: number, grade: number) =>
  sumRuns({ experiment_no, variant_no, case_no, weights: [1, 1], threshold: 0.5 }, [
    { grades: [grade, grade / 2], cost_usd: 0.001, duration_ms: 7 },
  ])

test('a picture has the sums, clusters and splits of the database', async () => {
  const { experiment_no, case_nos } = await seed()
  const picture = createPicture(1, experiment_no, 2)
  await putSums(database.db, [row(experiment_no, 2, case_nos[5] ?? 0, 1)])
  await refreshPicture(database.db, picture)
  assert.equal(picture.variants.size, VARIANTS)
  const own = picture.variants.get(2)
  assert.equal(own?.cases.length, 4)
  const index = picture.indices.get(case_nos[5] ?? 0) ?? -1
  const place = findCase(own?.cases ?? new Int32Array(), index)
  const cell = own?.cells.subarray(place * picture.width, (place + 1) * picture.width)
  assert.deepEqual([...(cell ?? [])], [1, 0, 1, 1, 0.001, 1, 7, 1, 1, 1e9, 5e8])
  assert.equal(CELL.grades, 7)
  assert.deepEqual([picture.cases[index]?.split, picture.clusters.size], [5000, 3])
})

test('no change is missed, in whatever order transactions begin, write, are read in between, and end', async t => {
  const seedNumber = Date.now() >>> 0
  t.diagnostic(`seed ${seedNumber}`)
  const random = mersenne(seedNumber)
  const { experiment_no, case_nos } = await seed()
  const picture = createPicture(1, experiment_no, 2)
  const clients = await Promise.all(Array.from({ length: 4 }, () => database.db.pool.connect()))
  const open = new Set<number>()
  // Cells that an open transaction has written, which nobody else may write without waiting for it.
  const held = new Map<string, number>()
  let seen = 0
  for (let step = 0; step < 400; step++) {
    const who = uniformInt(random, 0, clients.length - 1)
    const client = clients[who]
    assert.ok(client)
    const what = uniformInt(random, 0, 9)
    if (what < 6) {
      if (!open.has(who)) await client.query('begin')
      open.add(who)
      const [variant, place] = [uniformInt(random, 1, VARIANTS), uniformInt(random, 0, CASES - 1)]
      const key = `${variant}:${place}`
      if ((held.get(key) ?? who) !== who) continue
      held.set(key, who)
      const caseNo = case_nos[place] ?? 0
      await putSums({ pool: database.db.pool, client }, [
        row(experiment_no, variant, caseNo, uniformInt(random, 0, 9) / 10),
      ])
    } else if (what < 8 && open.has(who)) {
      await client.query(uniformInt(random, 0, 3) === 0 ? 'rollback' : 'commit')
      open.delete(who)
      for (const [key, owner] of held) if (owner === who) held.delete(key)
    } else {
      await refreshPicture(database.db, picture)
      assert.deepEqual(readPicture(picture), await readAfresh(experiment_no), `seed ${seedNumber}, step ${step}`)
      seen++
    }
  }
  for (const who of open) await clients[who]?.query('commit')
  for (const client of clients) client.release()
  await refreshPicture(database.db, picture)
  assert.deepEqual(readPicture(picture), await readAfresh(experiment_no))
  assert.ok(seen > 20)
})

test('readers at the same time each see what was committed before they asked, and share one picture', async () => {
  const { experiment_no, case_nos } = await seed()
  const read = () =>
    withPicture(database.db, 1, experiment_no, 2, picture => readPicture(picture).get(`1:${case_nos[0]}`)?.[9])
  for (const grade of [0.1, 0.2, 0.3]) {
    const early = read()
    await putSums(database.db, [row(experiment_no, 1, case_nos[0] ?? 0, grade)])
    const late = await Promise.all([read(), read(), read()])
    assert.deepEqual(late, Array(3).fill(Math.round(grade * 1e9)))
    await early
  }
  assert.equal(countPictures(database.db), 1)
})

test('a later scorer makes the picture anew; a reader that fails leaves it whole', async () => {
  const { experiment_no } = await seed()
  const fails = withPicture(database.db, 1, experiment_no, 2, () => {
    throw new RangeError('on purpose')
  })
  await assert.rejects(fails, /on purpose/)
  const width = (scorers: number) => withPicture(database.db, 1, experiment_no, scorers, picture => picture.width)
  assert.deepEqual([await width(2), await width(3), await width(2)], [11, 13, 13])
})

test('pictures make room for each other within a bound', async () => {
  // Each of these is about 0.2 MB; what is left unread goes first.
  const experiments = [await seed(), await seed(), await seed()]
  const [first, second, third] = experiments.map(one => one.experiment_no)
  const read = (experimentNo: number | undefined, most: number) =>
    withPicture(database.db, 1, experimentNo ?? 0, 2, picture => picture.revision, most)
  await read(first, 1e9)
  await read(second, 1e9)
  const before = countPictures(database.db)
  await read(third, 1)
  assert.ok(before >= 2)
  assert.equal(countPictures(database.db), 1)
})
