/* delivery/lane.h: connections that belong to one client each, beside those of all others. */
#include "fake/fake.h"
#include "unit/delivery/gate.h"

enum { CLIENTS = 6, CONNECTIONS = 4, LANES = 3 };

struct client {
	struct lane *lane;
	struct wake lost;
	struct gate gate; /* its own question, at the backend of all */
};

static void no_wake(struct wake *w, void *arg)
{
	(void)w;
	(void)arg;
}

static void log_in(struct client *c, struct gate *g)
{
	wake_init(&c->lost, g->mta->loop, no_wake, NULL);
	c->lane = backend_lane(g->backend, &c->lost);
	c->gate.sender = g->sender;
	c->gate.sender.lane = c->lane;
	c->gate.delivery = delivery_open(g->backend, &c->gate.sender);
	gate_ask(&c->gate);
	delivery_say(c->gate.delivery, &c->gate.ops, &c->gate.op, STR("AUTH PLAIN AGEAYg==\r\n"));
}

static void leave(struct client *c)
{
	delivery_close(c->gate.delivery);
	lane_close(c->lane);
	wake_clear(&c->lost);
}

static int begin(void **state)
{
	struct gate *g = *state = gate_new();

	g->conf.connections = CONNECTIONS;
	g->mta->rules[0] = (struct rule){ .prefix = "AUTH", .reply = "235 2.7.0 ok\r\n" };
	gate_open(g);
	return 0;
}

static int end(void **state)
{
	gate_free(*state);
	return 0;
}

static unsigned count_accepted(const struct client *clients)
{
	unsigned accepted = 0;

	for (unsigned i = 0; i < CLIENTS; i++) {
		assert_true(clients[i].gate.done);
		accepted += clients[i].gate.code == 235;
		assert_true(clients[i].gate.code == 235 || clients[i].gate.err == ERR_LIMIT);
	}
	return accepted;
}

/* Nobody has a connection yet when they all ask. */
static void a_crowd_leaves_room_for_mail(void **state)
{
	struct gate *g = *state;
	struct client *clients = mem_array(NULL, CLIENTS, sizeof(*clients));

	memset(clients, 0, CLIENTS * sizeof(*clients));
	for (unsigned i = 0; i < CLIENTS; i++)
		log_in(&clients[i], g);
	fake_turn(g->mta->loop);
	assert_int_equal(count_accepted(clients), LANES);
	assert_int_equal(rcpt(g, "<b@y>"), 250);
	for (unsigned i = 0; i < CLIENTS; i++)
		leave(&clients[i]);
	mem_free(clients);
}

static void hear(struct wake *w, void *arg)
{
	(void)w;
	*(bool *)arg = true;
}

/* All lanes are taken by clients who do not respond: the first of them makes room. */
static void who_leaves_a_login_open_gives_way(void **state)
{
	struct gate *g = *state;
	struct client *clients = mem_array(NULL, CLIENTS, sizeof(*clients));
	bool lost = false;

	memset(clients, 0, CLIENTS * sizeof(*clients));
	g->mta->rules[0].reply = "334 UGFzc3dvcmQ6\r\n";
	for (unsigned i = 0; i < LANES; i++) {
		log_in(&clients[i], g);
		fake_turn(g->mta->loop);
		assert_int_equal(clients[i].gate.code, 334);
		fake_advance(g->mta->loop, 10);
	}
	clients[0].lost.fn = hear;
	clients[0].lost.arg = &lost;
	g->mta->rules[0].reply = "235 2.7.0 ok\r\n";
	log_in(&clients[LANES], g);
	fake_turn(g->mta->loop);
	assert_true(clients[LANES].gate.done && clients[LANES].gate.code == 235);
	assert_true(lost && lane_is_lost(clients[0].lane));
	for (unsigned i = 1; i <= LANES; i++)
		assert_false(lane_is_lost(clients[i].lane));
	for (unsigned i = 0; i <= LANES; i++)
		leave(&clients[i]);
	mem_free(clients);
}

/* Who waited in vain, or was refused, has no place any more. */
static void places_are_given_back(void **state)
{
	struct gate *g = *state;
	struct client c = { 0 };

	g->mta->refuse_port = 25;
	for (unsigned i = 0; i <= LANES; i++) {
		log_in(&c, g);
		fake_turn(g->mta->loop);
		assert_true(c.gate.done && c.gate.err == ERR_UNREACHABLE);
		leave(&c);
		fake_advance(g->mta->loop, LIMIT_BACKEND_DOWN_MAX_MS);
	}
	g->mta->refuse_port = 0;
	for (unsigned i = 0; i <= LANES; i++) {
		log_in(&c, g);
		fake_turn(g->mta->loop);
		assert_true(c.gate.done && c.gate.code == 235);
		leave(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_crowd_leaves_room_for_mail, begin, end),
		cmocka_unit_test_setup_teardown(who_leaves_a_login_open_gives_way, begin, end),
		cmocka_unit_test_setup_teardown(places_are_given_back, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
