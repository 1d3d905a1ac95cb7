import type { ReactNode } from 'react';

const icon = (children: ReactNode) => () => (
  <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
    {children}
  </svg>
);

export const ExamplesIcon = icon(<path d="M3 3.5h14v13H3zM6.5 7.5l3 2.5-3 2.5M11 13h3" strokeLinejoin="round" />);

export const GlossaryIcon = icon(<path d="M4 15 7.5 5h1L12 15M5.2 12h5.6M16.5 10v5m0-2.5a2 2 0 1 1-3.5-1.3 2 2 0 0 1 3.5 1.3Z" strokeLinejoin="round" />);
