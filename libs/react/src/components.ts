export { AgentActivity, type AgentActivityProps } from './agent-activity.tsx';
export { AgentText } from './agent-text.tsx';
export { Notifications, type NotificationsProps } from './notifications.tsx';
export { PlanView, type PlanViewProps } from './plan-view.tsx';
export { QuestionCard, type QuestionCardProps } from './question-card.tsx';
export { RequestProgress, type RequestProgressProps } from './request-progress.tsx';
