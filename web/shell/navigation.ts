/** Where one can go from everywhere, in the order of the sidebar. A page's room adds nothing here but its own line. */
export interface Place {
  to:
    | '/p/$project/home'
    | '/p/$project/sessions'
    | '/p/$project/trends'
    | '/p/$project/runs'
    | '/p/$project/judges'
    | '/p/$project/experiments'
    | '/p/$project/prompts'
    | '/p/$project/datasets'
    | '/p/$project/corrections'
    | '/p/$project/settings'
  label: string
  /** The topic of events whose count it shows. */
  topic?: 'runs' | 'corrections'
  /** An outline in a square of 16. */
  icon: string
}

export const NAVIGATION: { title: string; places: Place[] }[] = [
  {
    title: 'Observe',
    places: [
      { to: '/p/$project/home', label: 'Home', icon: 'M2 7.5 8 2l6 5.5V14h-4V9.5H6V14H2z' },
      { to: '/p/$project/sessions', label: 'Sessions', icon: 'M2 3h12M2 6.5h12M2 10h12M2 13.5h7' },
      { to: '/p/$project/trends', label: 'Trends', icon: 'M2 2v12h12M4.5 11l3-4 2.5 2L14 4' },
    ],
  },
  {
    title: 'Judge',
    places: [
      { to: '/p/$project/runs', label: 'Evaluation runs', topic: 'runs', icon: 'M4 2.5 13 8l-9 5.5z' },
      { to: '/p/$project/judges', label: 'Judges', icon: 'M8 2v12M4 14h8M3 4h10M3 4 1.5 9h3zM13 4l-1.5 5h3z' },
    ],
  },
  {
    title: 'Improve',
    places: [
      { to: '/p/$project/experiments', label: 'Experiments', icon: 'M6 2v4.5L2.5 14h11L10 6.5V2M5 2h6M4.5 10h7' },
      { to: '/p/$project/prompts', label: 'Prompts', icon: 'M3 2.5h10v8H7L4 13.5v-3H3z' },
      {
        to: '/p/$project/datasets',
        label: 'Datasets',
        icon: 'M2.5 4c0-2.6 11-2.6 11 0s-11 2.6-11 0v8c0 2.6 11 2.6 11 0V4M2.5 8c0 2.6 11 2.6 11 0',
      },
    ],
  },
  {
    title: 'Curate',
    places: [
      {
        to: '/p/$project/corrections',
        label: 'Corrections',
        topic: 'corrections',
        icon: 'M2.5 13.5 3 10.5 11 2.5 13.5 5l-8 8zM9.5 4l2.5 2.5',
      },
    ],
  },
  {
    title: '',
    places: [
      {
        to: '/p/$project/settings',
        label: 'Settings',
        icon: 'M2 4h7M12 4h2M2 8h2M7 8h7M2 12h6M11 12h3M9 2.5v3M4 6.5v3M8 10.5v3',
      },
    ],
  },
]
