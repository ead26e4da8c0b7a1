import { createRootRoute, createRoute, Link, Outlet } from '@tanstack/react-router'
import { Frame } from './frame.tsx'

/** Above all pages. */
export const root = createRootRoute({ component: Outlet, notFoundComponent: NotThere })

/** Above all pages of a project: what stands around them. */
export const project = createRoute({ getParentRoute: () => root, path: '/p/$project', component: Frame })

function NotThere() {
  return (
    <div className="page-body">
      <h1>There is no such page</h1>
      <p>
        <Link to="/">Go to Home</Link>
      </p>
    </div>
  )
}
