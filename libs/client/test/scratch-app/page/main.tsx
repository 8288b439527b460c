import { createRoot } from 'react-dom/client';
import { Check } from '../check.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<Check />);
