import sql from 'sql-template-tag'
import { type Db, queryRow } from '#db/connect.ts'

/** The user of that name, created on first sight, so that every rating and decision has an author. */
export async function ensureUser(db: Db, name: string): Promise<{ user_id: number; name: string }> {
  return queryRow(
    db,
    sql`
      with known as (select user_id, name from users where name = ${name}),
      added as (
        insert into users (name) select ${name} where not exists (select from known)
        on conflict (name) do update set name = excluded.name
        returning user_id, name
      )
      select user_id, name from known union all select user_id, name from added`,
  )
}
