CREATE TABLE "dead_letters" (
	"dead_letter_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"reason" text NOT NULL,
	"exchange" text NOT NULL,
	"routing_key" text NOT NULL,
	"properties" text NOT NULL,
	"body" text NOT NULL,
	"bytes" integer NOT NULL,
	"cut" boolean NOT NULL,
	"count" integer NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feed" (
	"user_id" text COLLATE "C" NOT NULL,
	"position" bigint NOT NULL,
	"request_id" text COLLATE "C" NOT NULL,
	"first_seq" integer NOT NULL,
	"last_seq" integer NOT NULL,
	CONSTRAINT "feed_user_id_position_pk" PRIMARY KEY("user_id","position")
);
--> statement-breakpoint
CREATE TABLE "shares" (
	"share_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"request_id" text COLLATE "C" NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"user_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"epoch" text NOT NULL,
	"position" bigint NOT NULL,
	"pruned" bigint DEFAULT 0 NOT NULL
) WITH (fillfactor = 50);
--> statement-breakpoint
DROP INDEX "requests_of_user";--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "exchange" text DEFAULT 'agent.commands' NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "properties" text;--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "user_query" text;--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "position" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "dead_letters_by_time" ON "dead_letters" USING btree ("at","dead_letter_id");--> statement-breakpoint
CREATE INDEX "shares_of_request" ON "shares" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "requests_by_time" ON "requests" USING btree ("created_at","request_id");--> statement-breakpoint
CREATE INDEX "requests_of_user" ON "requests" USING btree ("user_id","created_at","request_id");--> statement-breakpoint
ALTER TABLE "requests" SET (fillfactor = 50);
