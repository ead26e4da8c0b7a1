import { createRootRoute, createRoute, Link, Outlet, useParams } from '@tanstack/react-router'
import { Frame } from './frame.tsx'

/** Above all pages. */
export const root = createRootRoute({ component: Outlet, notFoundComponent: NotThere })

/** Above all pages of a project: what stands around them. */
export const project = createRoute({
  getParentRoute: () => root,
  path: '/p/$project',
  component: Frame,
  notFoundComponent: NotThere,
})

/** Below a project it stands where pages do, with the ways to those that are there. */
function NotThere() {
  const { project: name } = useParams({ strict: false })
  return (
    <div className="page-body">
      <h1>There is no such page</h1>
      <p>
        {name === undefined ? (
          <Link to="/">Go to Home</Link>
        ) : (
          <Link to="/p/$project/home" params={{ project: name }}>
            Go to Home
          </Link>
        )}
      </p>
    </div>
  )
}
