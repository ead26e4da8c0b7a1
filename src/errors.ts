/**
 * The four ways in which Whetstone says no. Domain functions throw these; `src/http/answers.ts` turns them into
 * HTTP answers and the worker turns them into outcomes of a job. Anything else that is thrown is a bug.
 */

/** What was asked for is not there (404). */
export class NotFound extends Error {
  override name = 'NotFound'
}

/** The present state does not allow it (409). */
export class Conflict extends Error {
  override name = 'Conflict'
}

/** The caller may not do this (403). */
export class Forbidden extends Error {
  override name = 'Forbidden'
}

/** Where in the request the trouble lies, as in `["body", "messages", 3, "role"]`. */
export type Location = (string | number)[]

/** The request cannot be meant like this (422). `loc` names the field and `slug` the kind of trouble. */
export class Invalid extends Error {
  override name = 'Invalid'
  readonly loc: Location
  readonly slug: string

  constructor(message: string, loc: Location = ['body'], slug = 'value_error') {
    super(message)
    this.loc = loc
    this.slug = slug
  }
}
