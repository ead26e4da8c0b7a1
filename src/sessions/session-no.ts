import sql from 'sql-template-tag'
import { type Db, queryOne } from '#db/connect.ts'
import { NotFound } from '#errors.ts'

/** The number under which a session's parts are stored. @throws NotFound */
export async function findSessionNo(db: Db, projectId: number, sessionId: string): Promise<number> {
  const row = await queryOne<{ session_no: number }>(
    db,
    sql`select session_no from sessions where project_id = ${projectId} and session_id = ${sessionId}`,
  )
  if (row === null) throw new NotFound(`There is no session "${sessionId}".`)
  return row.session_no
}
