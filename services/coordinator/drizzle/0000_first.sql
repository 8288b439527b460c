CREATE TABLE "agents" (
	"instance" text COLLATE "C" PRIMARY KEY NOT NULL,
	"role" text,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"request_id" text COLLATE "C" NOT NULL,
	"seq" integer NOT NULL,
	"event_id" text COLLATE "C" NOT NULL,
	"body" text NOT NULL,
	CONSTRAINT "events_request_id_seq_pk" PRIMARY KEY("request_id","seq")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"routing_key" text NOT NULL,
	"body" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"request_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"epoch" text NOT NULL,
	"user_id" text COLLATE "C",
	"managed" boolean DEFAULT false NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"progress" real DEFAULT 0 NOT NULL,
	"current_stage" text DEFAULT 'queued' NOT NULL,
	"stalled" boolean DEFAULT false NOT NULL,
	"seq" integer DEFAULT 0 NOT NULL,
	"snapshot" text,
	"snapshot_seq" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "timers" (
	"request_id" text COLLATE "C" NOT NULL,
	"kind" text NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"attempt" integer NOT NULL,
	"owner" text COLLATE "C",
	"due_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "timers_request_id_kind_key_pk" PRIMARY KEY("request_id","kind","key")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "events_event_id" ON "events" USING btree ("request_id","event_id");--> statement-breakpoint
CREATE INDEX "requests_unfinished" ON "requests" USING btree ("request_id") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "requests_finished" ON "requests" USING btree ("finished_at") WHERE finished_at is not null;--> statement-breakpoint
CREATE INDEX "requests_of_user" ON "requests" USING btree ("user_id","created_at");--> statement-breakpoint
CREATE INDEX "timers_due" ON "timers" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "timers_owner" ON "timers" USING btree ("owner") WHERE owner is not null;