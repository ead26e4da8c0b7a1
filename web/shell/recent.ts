import { useMatch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useProject } from './api.ts'

/** Something with a page of its own that was opened in this browser. */
interface Recent {
  path: string
  /** What it is called. */
  label: string
  /** What kind of thing it is. */
  kind: string
}

const KEPT = 12

/** Puts what a page is about at the head of what was opened, once the page knows what it is called. */
export function useRecent(kind: string, label: string | undefined): void {
  const { project } = useProject()
  const path = useMatch({ strict: false, select: match => match.pathname })
  useEffect(() => {
    if (label === undefined) return
    const others = listRecent(project).filter(one => one.path !== path)
    localStorage.setItem(place(project), JSON.stringify([{ path, label, kind }, ...others].slice(0, KEPT)))
  }, [project, path, label, kind])
}

/** What was opened, newest first; none when the browser keeps nothing. */
export function listRecent(project: string): Recent[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place(project)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isRecent) : []
  } catch {
    return []
  }
}

function place(project: string): string {
  return `whetstone-recent-${project}`
}

function isRecent(value: unknown): value is Recent {
  return typeof value === 'object' && value !== null && 'path' in value && 'label' in value && 'kind' in value
}
