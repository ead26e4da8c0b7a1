import type { Db } from '#db/connect.ts'
import { type CaseFilter, type CaseRow, readCases } from './cases.ts'
import type { DatasetVersion } from './datasets.ts'

/** Cases that are read at a time. */
const WINDOW = 200

/**
 * A version's cases as JSONL, as they came: uploaded again, the lines are the same cases. Memory holds a window of them, and
 * a version does not change while it is read.
 */
export async function* exportCases(
  db: Db,
  projectId: number,
  ref: DatasetVersion,
  filter: CaseFilter,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let after = 0; ; ) {
    const rows = await readCases(db, projectId, ref, { ...filter, after_case_no: after, limit: WINDOW })
    const last = rows.at(-1)
    if (last === undefined) return
    yield Buffer.from(rows.map(writeLine).join(''))
    after = last.case_no
  }
}

/** What is not there is left out. */
function writeLine({ id, input, expected, metadata, source }: CaseRow): string {
  const line = {
    ...(id === null ? {} : { id }),
    input,
    ...(expected === null ? {} : { expected }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(source === null ? {} : { source }),
  }
  return `${JSON.stringify(line)}\n`
}
