/** Who decides, and in which project; a principal is one. */
export interface Reviewer {
  project_id: number
  user_id: number
}
