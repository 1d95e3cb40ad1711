-- What the migrations below make of an empty database. Written by `make structure`, not by hand.
-- migration: account.0001_initial
-- migration: account.0002_email_max_length
-- migration: account.0003_alter_emailaddress_create_unique_verified_email
-- migration: account.0004_alter_emailaddress_drop_unique_email
-- migration: account.0005_emailaddress_idx_upper_email
-- migration: account.0006_emailaddress_lower
-- migration: account.0007_emailaddress_idx_email
-- migration: account.0008_emailaddress_unique_primary_email_fixup
-- migration: account.0009_emailaddress_unique_primary_email
-- migration: accounts.0001_initial
-- migration: accounts.0002_erasure_requests
-- migration: accounts.0003_names_as_long_as_their_parts
-- migration: accounts.0004_country_of_the_shop
-- migration: accounts.0005_public_numbers
-- migration: accounts.0006_public_numbers_given
-- migration: accounts.0007_devices_and_refresh_tokens
-- migration: accounts.0008_devices_of_open_sessions
-- migration: admin.0001_initial
-- migration: admin.0002_logentry_remove_auto_add
-- migration: admin.0003_logentry_add_action_flag_choices
-- migration: auth.0001_initial
-- migration: auth.0002_alter_permission_name_max_length
-- migration: auth.0003_alter_user_email_max_length
-- migration: auth.0004_alter_user_username_opts
-- migration: auth.0005_alter_user_last_login_null
-- migration: auth.0006_require_contenttypes_0002
-- migration: auth.0007_alter_validators_add_error_messages
-- migration: auth.0008_alter_user_username_max_length
-- migration: auth.0009_alter_user_last_name_max_length
-- migration: auth.0010_alter_group_name_max_length
-- migration: auth.0011_update_proxy_permissions
-- migration: auth.0012_alter_user_first_name_max_length
-- migration: catalog.0001_initial
-- migration: catalog.0002_early_access_and_waiting_lists
-- migration: catalog.0002_words_for_every_field
-- migration: catalog.0003_let_in_early
-- migration: catalog.0004_pictures_with_dimensions
-- migration: catalog.0005_former_addresses
-- migration: catalog.0006_one_rule_for_codes
-- migration: catalog.0007_waiting_by_mailbox
-- migration: catalog.0008_one_place_for_a_mailbox
-- migration: catalog.0009_one_rule_for_a_drops_window
-- migration: catalog.0010_public_numbers
-- migration: catalog.0011_public_numbers_given
-- migration: catalog.0012_the_catalogue_has_a_version
-- migration: catalog.0013_announce_changed_products
-- migration: catalog.0014_variant_sizes
-- migration: catalog.0015_rows_of_the_lists
-- migration: catalog.0016_renditions_and_focal_points
-- migration: catalog.0017_videos
-- migration: catalog.0018_search_by_words
-- migration: catalog.0019_generations_of_pages
-- migration: catalog.0020_one_index_of_beginnings
-- migration: catalog.0021_synonyms_change_the_catalogue
-- migration: contenttypes.0001_initial
-- migration: contenttypes.0002_remove_content_type_name
-- migration: core.0001_initial
-- migration: core.0002_words_for_every_field
-- migration: core.0003_columns_for_sealed_mails
-- migration: core.0004_seal_the_secrets_of_mails
-- migration: core.0005_stored_answers_of_the_api
-- migration: core.0006_outgoing_webhooks
-- migration: inventory.0001_initial
-- migration: inventory.0002_sale_per_level_and_who_ended
-- migration: inventory.0003_statements_with_kept_plans
-- migration: inventory.0003_words_for_every_field
-- migration: inventory.0004_files_imported
-- migration: inventory.0005_alerts_purchases_and_counts
-- migration: inventory.0006_early_access_in_the_statements
-- migration: inventory.0007_transfers_proofs_and_time_travel
-- migration: inventory.0008_holds_of_vouchers
-- migration: inventory.0009_carts_held_in_one_statement
-- migration: inventory.0010_exports_made_by_workers
-- migration: inventory.0011_violations_by_code
-- migration: inventory.0012_sources_of_holds
-- migration: inventory.0013_indexes_of_sources
-- migration: inventory.0014_limits_where_units_are_taken
-- migration: inventory.0015_indexes_built_beside_writers
-- migration: inventory.0016_purchase_costs_may_be_unknown
-- migration: inventory.0017_new_carts_are_judged_sooner
-- migration: inventory.0018_answers_of_rules_as_json
-- migration: inventory.0019_one_rule_for_what_is_sold_from_where
-- migration: inventory.0020_functions_named_after_what_they_answer
-- migration: inventory.0021_facts_of_violations
-- migration: inventory.0022_availability_changes_the_catalogue
-- migration: inventory.0023_low_is_at_the_threshold
-- migration: inventory.0024_reservations_of_exchanges
-- migration: inventory.0025_stock_marks_the_lists
-- migration: inventory.0026_crossings_name_their_product
-- migration: inventory.0027_limits_of_a_product
-- migration: inventory.0028_one_index_of_a_variants_reservations
-- migration: inventory.0029_levels_are_raised_last
-- migration: mfa.0001_initial
-- migration: mfa.0002_authenticator_timestamps
-- migration: mfa.0003_authenticator_type_uniq
-- migration: orders.0001_initial
-- migration: orders.0002_order_number_sequence
-- migration: orders.0003_add_in_one_call
-- migration: orders.0003_words_for_every_field
-- migration: orders.0004_cart_shelf_in_one_call
-- migration: orders.0005_fulfilment_holds
-- migration: orders.0006_erased_buyers
-- migration: orders.0007_actors_by_key
-- migration: orders.0008_names_as_long_as_their_parts
-- migration: orders.0009_add_in_one_call_within_limits
-- migration: orders.0010_indexes_built_beside_writers
-- migration: orders.0011_withdrawal_requests
-- migration: orders.0012_order_picks
-- migration: orders.0013_add_line_cites_the_repository
-- migration: orders.0014_payables
-- migration: orders.0015_cart_shelf_asks_one_rule
-- migration: orders.0016_functions_named_after_what_they_answer
-- migration: orders.0017_adjustments
-- migration: orders.0018_adjustments_of_old_purchases
-- migration: orders.0019_one_way_into_the_cart
-- migration: orders.0020_reimbursements
-- migration: orders.0021_installments
-- migration: orders.0022_default_installment_offers
-- migration: orders.0023_whole_debt_of_a_plan_may_go_back
-- migration: orders.0024_public_numbers
-- migration: orders.0025_public_numbers_given
-- migration: orders.0026_payment_methods
-- migration: orders.0027_carts_of_client_purchases
-- migration: orders.0028_shipments
-- migration: orders.0029_returns
-- migration: orders.0030_return_reasons
-- migration: orders.0031_cancellations
-- migration: orders.0032_carriers
-- migration: orders.0033_invoices_and_tax_conditions
-- migration: orders.0034_fees_kept_of_reimbursements
-- migration: orders.0035_exchanges_and_claims
-- migration: orders.0036_fees_of_returns_are_rates
-- migration: orders.0037_defaults_of_shipping_methods
-- migration: orders.0038_debit_notes
-- migration: orders.0039_parts_of_the_price_of_lines
-- migration: orders.0040_promised_days
-- migration: orders.0041_late_orders_found
-- migration: orders.0042_units_of_lines_in_one_statement
-- migration: orders.0043_newest_shipments_by_an_index
-- migration: orders.0044_labels_to_be_voided
-- migration: orders.0045_sent_units_of_refunds
-- migration: orders.0046_sent_units_of_refunds_counted
-- migration: orders.0047_fees_of_exchanges
-- migration: orders.0048_small_pictures_in_carts
-- migration: orders.0049_no_claims_of_units_in_returns
-- migration: orders.0050_exchange_not_paid_back
-- migration: orders.0051_nothing_sent_for_money_that_has_gone
-- migration: orders.0052_a_line_in_fewer_statements
-- migration: orders.0053_indexes_that_nobody_asks
-- migration: orders.0054_steps_write_no_index
-- migration: payments.0001_initial
-- migration: payments.0002_leases_keys_and_refund_guard
-- migration: payments.0003_sweeps_strays_and_payouts
-- migration: payments.0004_vouchers_by_share_and_method
-- migration: payments.0005_bank_data_of_manual_refunds
-- migration: payments.0006_disputes
-- migration: payments.0007_dead_letters_and_offers
-- migration: payments.0008_refunds_by_line
-- migration: payments.0009_explained_payout_lines
-- migration: payments.0010_longer_places_in_lists
-- migration: payments.0011_strays_taken_over
-- migration: payments.0012_failed_tries_of_refunds
-- migration: payments.0013_refusals_and_card_digits
-- migration: payments.0014_indexes_built_beside_writers
-- migration: payments.0015_payables
-- migration: payments.0016_payables_of_old_attempts
-- migration: payments.0017_attempts_have_payables
-- migration: payments.0018_reserved_for_a_cash_voucher
-- migration: payments.0019_refunds_by_what_was_paid
-- migration: payments.0020_names_of_columns_kept
-- migration: payments.0021_reimbursement_parts
-- migration: payments.0022_bank_transfers
-- migration: payments.0023_many_payments_of_one_order
-- migration: payments.0024_payers_of_bank_credits_are_forgotten
-- migration: payments.0025_payments_in_apps
-- migration: payments.0026_what_the_card_charges
-- migration: payments.0027_fees_kept_of_refunds
-- migration: payments.0028_replaced_units_are_not_refunded
-- migration: payments.0029_parts_of_the_price_of_lines
-- migration: payments.0030_lines_of_refunds_may_fall_short
-- migration: payments.0031_lines_of_refunds_close_exactly
-- migration: payments.0032_sent_units_of_refunds
-- migration: reports.0001_reports
-- migration: reports.0002_changes_are_noted
-- migration: reports.0003_weeks_and_months_of_products
-- migration: sessions.0001_initial
-- migration: usersessions.0001_initial
CREATE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
                DECLARE
                    _pgtrigger_ignore TEXT[];
                    _result BOOLEAN;
                BEGIN
                    BEGIN
                        SELECT INTO _pgtrigger_ignore
                            CURRENT_SETTING('pgtrigger.ignore');
                        EXCEPTION WHEN OTHERS THEN
                    END;
                    IF _pgtrigger_ignore IS NOT NULL THEN
                        SELECT trigger_name = ANY(_pgtrigger_ignore)
                        INTO _result;
                        RETURN _result;
                    ELSE
                        RETURN FALSE;
                    END IF;
                END;
            $$;

CREATE FUNCTION public.catalog_drop_window(in_product_id uuid, in_cart_id uuid, in_user_id uuid) RETURNS TABLE(is_open boolean, opens_at timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(bool_or((collection.starts_at IS NULL OR collection.starts_at <= statement_timestamp()
                             OR catalog_let_in_early(collection.id, in_cart_id, in_user_id))
                        AND (collection.ends_at IS NULL OR collection.ends_at > statement_timestamp())), TRUE),
           min(collection.starts_at) FILTER (WHERE collection.starts_at > statement_timestamp())
      FROM catalog_collectionproduct AS entry
      JOIN catalog_collection AS collection ON collection.id = entry.collection_id
     WHERE entry.product_id = in_product_id AND collection.kind = 'drop' AND collection.is_active
$$;

CREATE FUNCTION public.catalog_generations() RETURNS TABLE(catalogue text, stock text, products jsonb, at timestamp with time zone, hint smallint, hinted_at timestamp with time zone, option_codes text[])
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
DECLARE
    windows bigint;
BEGIN
    SELECT count(*) FILTER (WHERE drops.starts_at <= statement_timestamp())
           + count(*) FILTER (WHERE drops.ends_at <= statement_timestamp())
      INTO windows
      FROM catalog_collection AS drops
     WHERE drops.kind = 'drop' AND drops.is_active;
    SELECT concat_ws('.', coalesce(sum(noted.changes) FILTER (WHERE noted.product_id IS NULL), 0),
                     coalesce(max(noted.last) FILTER (WHERE noted.product_id IS NULL), 0), windows),
           concat_ws('.', coalesce(sum(noted.changes), 0), coalesce(max(noted.last), 0), windows,
                     (SELECT max(listing.revision) FROM catalog_listing AS listing)),
           coalesce(jsonb_object_agg(noted.product_id, noted.changes || '.' || noted.last)
                    FILTER (WHERE noted.product_id IS NOT NULL), '{}')
      INTO catalogue, stock, products
      FROM (SELECT change.product_id, sum(change.changes) AS changes,
                   (extract(epoch FROM max(change.changed_at)) * 1000000)::bigint AS last
              FROM catalog_catalogchange AS change
             GROUP BY change.product_id) AS noted;
    SELECT known.units, known.changed_at INTO hint, hinted_at FROM catalog_lowstockhint AS known WHERE known.id = 1;
    option_codes := ARRAY (SELECT option.code FROM catalog_option AS option WHERE option.kind NOT IN ('colour', 'size'));
    at := statement_timestamp();
    RETURN NEXT;
END
$$;

CREATE FUNCTION public.catalog_let_in_early(asked_collection uuid, asked_cart uuid, asked_user uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1
          FROM catalog_accessgrant AS granted
          LEFT JOIN catalog_accesscode AS code ON code.id = granted.code_id
         WHERE granted.collection_id = asked_collection
           AND (granted.cart_id = asked_cart OR granted.user_id = asked_user)
           AND (code.id IS NULL OR code.is_active AND (code.opens_at IS NULL OR code.opens_at <= statement_timestamp()))
    ) OR asked_user IS NOT NULL AND EXISTS (
        SELECT 1
          FROM catalog_earlyopening AS early
          JOIN catalog_customergroup_members AS member ON member.customergroup_id = early.group_id
         WHERE early.collection_id = asked_collection
           AND member.user_id = asked_user
           AND early.opens_at <= statement_timestamp()
    );
END
$$;

CREATE FUNCTION public.catalog_version(in_cart_id uuid, in_user_id uuid) RETURNS TABLE(changes bigint, changed_at bigint, windows bigint, at timestamp with time zone, hint smallint, hinted_at timestamp with time zone, early uuid[])
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
BEGIN
    SELECT coalesce(sum(change.changes), 0), coalesce(extract(epoch FROM max(change.changed_at)) * 1000000, 0)
      INTO changes, changed_at
      FROM catalog_catalogchange AS change;
    SELECT count(*) FILTER (WHERE drops.starts_at <= statement_timestamp())
           + count(*) FILTER (WHERE drops.ends_at <= statement_timestamp())
      INTO windows
      FROM catalog_collection AS drops
     WHERE drops.kind = 'drop' AND drops.is_active;
    SELECT known.units, known.changed_at INTO hint, hinted_at FROM catalog_lowstockhint AS known WHERE known.id = 1;
    early := '{}';
    IF in_cart_id IS NOT NULL OR in_user_id IS NOT NULL THEN
        early := ARRAY (
            SELECT drops.id
              FROM catalog_collection AS drops
             WHERE drops.kind = 'drop' AND drops.is_active AND drops.starts_at > statement_timestamp()
               AND (drops.ends_at IS NULL OR drops.ends_at > statement_timestamp())
               AND catalog_let_in_early(drops.id, in_cart_id, in_user_id)
        );
    END IF;
    at := statement_timestamp();
    RETURN NEXT;
END
$$;

CREATE FUNCTION public.inventory_limits(in_product_id uuid, in_terms bigint[]) RETURNS TABLE(is_limited boolean)
    LANGUAGE sql STABLE
    AS $$
    SELECT in_terms[2] IS NOT NULL AND (in_terms[12] = 1 OR EXISTS (
               SELECT 1
                 FROM catalog_collectionproduct AS entry
                 JOIN catalog_collection AS collection ON collection.id = entry.collection_id
                WHERE entry.product_id = in_product_id AND collection.kind = 'drop' AND collection.is_active
                  AND (collection.ends_at IS NULL OR collection.ends_at > statement_timestamp())))
$$;

CREATE FUNCTION public.inventory_reserve(in_id uuid, in_variant_id uuid, in_quantity integer, in_ttl interval, in_purpose text, in_cart_id uuid, in_checkout_id uuid, in_actor text, in_note text, in_asynchronous boolean, in_user_id uuid, in_terms bigint[]) RETURNS TABLE(level_id uuid, location_id uuid, expires_at timestamp with time zone, first_held_at timestamp with time zone)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    verdict record;
    the_first timestamptz := statement_timestamp();
    the_end timestamptz := statement_timestamp() + in_ttl;
    the_source bigint[];
    the_account uuid;
BEGIN
    -- A cart reservation need not wait for the disk (DURABLE_RESERVATIONS): this transaction alone commits without flushing, hold
    -- and counter together. Here it saves BEGIN, SET LOCAL and COMMIT: three round trips of four.
    IF in_asynchronous THEN
        PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
    IF in_terms IS NOT NULL THEN
        verdict := inventory_validate_source(in_variant_id, in_quantity, in_cart_id, in_user_id, in_ttl, in_terms, 0);
        IF verdict.refusal <> '' THEN
            RETURN;
        END IF;
        the_first := verdict.first_held_at;
        the_end := verdict.expires_at;
        IF verdict.is_limited THEN
            the_source := in_terms;
            the_account := in_user_id;
        END IF;
    END IF;
    SELECT level.id, level.location_id INTO level_id, location_id
      FROM inventory_sellable_levels(in_variant_id, in_quantity, in_purpose, in_cart_id, in_user_id) AS found
      JOIN inventory_stocklevel AS level ON level.id = found.level_id
     ORDER BY found.place, found.level_id
     LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- The level is raised last: whoever waits for its row waits for that and the commit alone.
    INSERT INTO inventory_reservation
           (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id,
            checkout_id, first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor,
            source_ip, source_network, source_email, source_account)
    VALUES (in_id, statement_timestamp(), statement_timestamp(), level_id, in_variant_id, location_id,
            in_quantity, 'active', in_purpose, in_cart_id, in_checkout_id,
            the_first, the_end, NULL, '', '', in_note, in_actor,
            the_source[1], the_source[2], the_source[3], the_account);
    UPDATE inventory_stocklevel AS level
       SET reserved = level.reserved + in_quantity, updated_at = statement_timestamp()
     WHERE level.id = inventory_reserve.level_id AND level.on_hand - level.reserved >= in_quantity;
    IF NOT FOUND THEN
        DELETE FROM inventory_reservation WHERE id = in_id;
        RETURN;
    END IF;
    expires_at := the_end;
    -- Null: since now, as almost always. The caller need not read another timestamp.
    IF the_first <> statement_timestamp() OR the_end <> statement_timestamp() + in_ttl THEN
        first_held_at := the_first;
    END IF;
    RETURN NEXT;
END
$$;

CREATE FUNCTION public.inventory_reserve_many(in_ids uuid[], in_variant_ids uuid[], in_quantities integer[], in_ttl interval, in_purpose text, in_cart_id uuid, in_checkout_id uuid, in_actor text, in_asynchronous boolean, in_user_id uuid, in_terms bigint[]) RETURNS TABLE(id uuid, variant_id uuid, quantity integer, level_id uuid, location_id uuid, expires_at timestamp with time zone, first_held_at timestamp with time zone)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    verdict record;
    the_more integer := 0;
    the_firsts timestamptz[] := array_fill(statement_timestamp(), ARRAY[cardinality(in_ids)]);
    the_ends timestamptz[] := array_fill(statement_timestamp() + in_ttl, ARRAY[cardinality(in_ids)]);
    are_limited boolean[] := array_fill(FALSE, ARRAY[cardinality(in_ids)]);
BEGIN
    IF in_asynchronous THEN
        PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
    IF in_terms IS NOT NULL THEN
        FOR place IN 1 .. cardinality(in_ids) LOOP
            verdict := inventory_validate_source(in_variant_ids[place], in_quantities[place], in_cart_id, in_user_id, in_ttl,
                                       in_terms, the_more);
            IF verdict.refusal <> '' THEN
                RETURN;
            END IF;
            the_firsts[place] := verdict.first_held_at;
            the_ends[place] := verdict.expires_at;
            are_limited[place] := verdict.is_limited;
            IF verdict.is_limited THEN
                the_more := the_more + in_quantities[place];
            END IF;
        END LOOP;
    END IF;
    PERFORM level.id
       FROM inventory_stocklevel AS level
      WHERE level.variant_id = ANY (in_variant_ids)
      ORDER BY level.id
        FOR NO KEY UPDATE;
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        SELECT line.id, line.quantity, line.first_held_at, line.expires_at, line.is_limited, best.level_id
          FROM unnest(in_ids, in_variant_ids, in_quantities, the_firsts, the_ends, are_limited)
            AS line (id, variant_id, quantity, first_held_at, expires_at, is_limited)
         CROSS JOIN LATERAL (
               SELECT found.level_id
                 FROM inventory_sellable_levels(line.variant_id, line.quantity, in_purpose, in_cart_id, in_user_id) AS found
                ORDER BY found.place, found.level_id
                LIMIT 1
               ) AS best
    ),
    raised AS (
        UPDATE inventory_stocklevel AS level
           SET reserved = level.reserved + chosen.quantity, updated_at = statement_timestamp()
          FROM chosen
         WHERE level.id = chosen.level_id
           AND (SELECT count(*) FROM chosen) = cardinality(in_ids)
        RETURNING chosen.id, chosen.quantity, chosen.first_held_at, chosen.expires_at, chosen.is_limited, level.id AS level_id, level.variant_id, level.location_id
    )
    INSERT INTO inventory_reservation AS reservation
           (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id,
            checkout_id, first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor,
            source_ip, source_network, source_email, source_account)
    SELECT raised.id, statement_timestamp(), statement_timestamp(), raised.level_id, raised.variant_id,
           raised.location_id, raised.quantity, 'active', in_purpose, in_cart_id, in_checkout_id,
           raised.first_held_at, raised.expires_at, NULL, '', '', '', in_actor,
           CASE WHEN raised.is_limited THEN in_terms[1] END, CASE WHEN raised.is_limited THEN in_terms[2] END,
           CASE WHEN raised.is_limited THEN in_terms[3] END, CASE WHEN raised.is_limited THEN in_user_id END
      FROM raised
    RETURNING reservation.id, reservation.variant_id, reservation.quantity, reservation.level_id, reservation.location_id, reservation.expires_at,
              CASE WHEN reservation.expires_at <> reservation.created_at + in_ttl OR reservation.first_held_at <> reservation.created_at
                   THEN reservation.first_held_at END;
END
$$;

CREATE FUNCTION public.inventory_sellability(in_variant_ids uuid[], in_cart_id uuid DEFAULT NULL::uuid, in_user_id uuid DEFAULT NULL::uuid) RETURNS TABLE(variant_id uuid, is_active boolean, is_open boolean, opens_at timestamp with time zone, best integer, total bigint, has_expired_reservations boolean, most smallint, own bigint)
    LANGUAGE plpgsql STABLE
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT variant.id,
           variant.is_active AND product.is_active AS is_active,
           drops.is_open AS is_open,
           drops.opens_at,
           coalesce(stock.best, 0) AS best,
           coalesce(stock.total, 0) AS total,
           EXISTS (SELECT 1
                     FROM inventory_reservation AS reservation
                    WHERE reservation.status = 'active' AND reservation.expires_at <= statement_timestamp()
                      AND reservation.level_id = ANY (stock.levels)) AS has_expired_reservations,
           variant.max_per_order AS most,
           CASE WHEN variant.max_per_order IS NULL THEN 0
                ELSE (SELECT coalesce(sum(own.quantity), 0)
                        FROM inventory_reservation AS own
                       WHERE own.cart_id = in_cart_id AND own.variant_id = variant.id
                         AND own.status = 'active' AND own.expires_at > statement_timestamp())
           END AS own
      FROM catalog_variant AS variant
      JOIN catalog_product AS product ON product.id = variant.product_id
      LEFT JOIN LATERAL (
           SELECT max(level.on_hand - level.reserved) AS best,
                  sum(level.on_hand - level.reserved) AS total,
                  array_agg(level.id) AS levels
             FROM inventory_stocklevel AS level
             JOIN inventory_location AS location ON location.id = level.location_id
            WHERE level.variant_id = variant.id AND inventory_sellable(location.is_sellable, location.kind)
           ) AS stock ON TRUE
      CROSS JOIN LATERAL catalog_drop_window(product.id, in_cart_id, in_user_id) AS drops
     WHERE variant.id = ANY (in_variant_ids);
END
$$;

CREATE FUNCTION public.inventory_sellable(in_is_sellable boolean, in_kind text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT in_is_sellable AND in_kind <> 'quarantine'
$$;

CREATE FUNCTION public.inventory_sellable_levels(in_variant_id uuid, in_quantity integer, in_purpose text, in_cart_id uuid, in_user_id uuid) RETURNS TABLE(level_id uuid, place smallint)
    LANGUAGE sql STABLE
    AS $$
    SELECT level.id, location.priority
      FROM inventory_stocklevel AS level
      JOIN inventory_location AS location ON location.id = level.location_id
      JOIN catalog_variant AS variant ON variant.id = level.variant_id
      JOIN catalog_product AS product ON product.id = variant.product_id
     WHERE level.variant_id = in_variant_id
       AND level.on_hand - level.reserved >= in_quantity
       AND inventory_sellable(location.is_sellable, location.kind)
       AND variant.is_active AND product.is_active
       AND (SELECT drops.is_open FROM catalog_drop_window(product.id, in_cart_id, in_user_id) AS drops)
       -- Counted only where there is a limit. Two requests of one cart queue at its line, before they come here.
       AND (variant.max_per_order IS NULL OR in_purpose = 'manual'
            OR in_quantity + (SELECT coalesce(sum(own.quantity), 0)
                                FROM inventory_reservation AS own
                               WHERE own.cart_id = in_cart_id AND own.variant_id = in_variant_id
                                 AND own.status = 'active' AND own.expires_at > statement_timestamp())
               <= variant.max_per_order)
$$;

CREATE FUNCTION public.inventory_validate_source(in_variant_id uuid, in_quantity integer, in_cart_id uuid, in_user_id uuid, in_ttl interval, in_terms bigint[], in_more integer, OUT refusal text, OUT most bigint, OUT reserved bigint, OUT again_at timestamp with time zone, OUT first_held_at timestamp with time zone, OUT expires_at timestamp with time zone, OUT is_limited boolean) RETURNS record
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_variable
DECLARE
    the_now CONSTANT timestamptz := statement_timestamp();
    is_guest CONSTANT boolean := in_user_id IS NULL;
    is_new CONSTANT boolean := in_terms[18] IS NOT DISTINCT FROM 1;
    the_turn text;
    wanted CONSTANT bigint := in_quantity + in_more;
    greatest_age interval := make_interval(secs => in_terms[15]);
    ended_at timestamptz;
    of_ip bigint;
    of_network bigint;
    guests_of_ip bigint;
    guests_of_network bigint;
    on_hand bigint;
    may_ip bigint;
    may_network bigint;
BEGIN
    refusal := '';
    SELECT limits.is_limited INTO is_limited
      FROM catalog_variant AS variant, inventory_limits(variant.product_id, in_terms) AS limits
     WHERE variant.id = in_variant_id;
    is_limited := coalesce(is_limited, in_terms[2] IS NOT NULL AND in_terms[12] = 1);
    IF is_limited AND is_guest THEN
        in_ttl := least(in_ttl, make_interval(secs => in_terms[13]));
        greatest_age := least(greatest_age, make_interval(secs => in_terms[14]));
    END IF;

    -- What this cart holds of the variant, or let go of a moment ago, goes on being as old as it was.
    IF in_cart_id IS NOT NULL AND NOT is_new THEN
        SELECT min(reservation.first_held_at), max(reservation.ended_at) INTO first_held_at, ended_at
          FROM (SELECT own.first_held_at, NULL::timestamptz AS ended_at
                  FROM inventory_reservation AS own
                 WHERE own.cart_id = in_cart_id AND own.variant_id = in_variant_id AND own.status = 'active'
                   AND own.expires_at > the_now
                 UNION ALL
                (SELECT own.first_held_at, least(own.ended_at, own.expires_at)
                   FROM inventory_reservation AS own
                  WHERE own.cart_id = in_cart_id AND own.variant_id = in_variant_id AND own.status = 'released'
                    AND own.ended_at > the_now - make_interval(secs => in_terms[16])
                    AND own.expires_at > the_now - make_interval(secs => in_terms[16])
                  ORDER BY own.ended_at DESC
                  LIMIT 20)) AS reservation;
    END IF;
    first_held_at := coalesce(first_held_at, the_now);
    expires_at := the_now + in_ttl;
    IF in_terms[17] IS DISTINCT FROM 1 THEN
        IF first_held_at + greatest_age <= the_now THEN
            refusal := 'age';
            again_at := coalesce(ended_at, the_now) + make_interval(secs => in_terms[16]);
            RETURN;
        END IF;
        expires_at := least(expires_at, first_held_at + greatest_age);
    END IF;
    IF NOT is_limited THEN
        RETURN;
    END IF;

    IF is_new AND is_guest AND in_terms[3] IS NULL THEN
        -- As almost always in a drop: one lock, without a statement of its own.
        the_turn := pg_advisory_xact_lock(in_terms[2])::text;
    ELSE
        PERFORM pg_advisory_xact_lock(turn.number)
           FROM (SELECT DISTINCT number
                   FROM unnest(ARRAY[in_terms[2], in_terms[3], hashtextextended('holds:' || in_user_id, 0),
                                     hashtextextended('holds:' || in_cart_id, 0)]) AS number
                  WHERE number IS NOT NULL
                  ORDER BY 1) AS turn;
    END IF;

    reserved := 0;
    IF NOT is_new THEN
        SELECT coalesce(sum(reservation.quantity), 0) INTO reserved
          FROM inventory_reservation AS reservation
         WHERE reservation.cart_id = in_cart_id AND reservation.status = 'active' AND reservation.source_network IS NOT NULL
           AND reservation.expires_at > the_now;
    END IF;
    IF reserved + wanted > in_terms[4] THEN
        refusal := 'cart'; most := in_terms[4];
        RETURN;
    END IF;
    IF NOT is_guest THEN
        SELECT coalesce(sum(reservation.quantity), 0) INTO reserved
          FROM inventory_reservation AS reservation
         WHERE reservation.source_account = in_user_id AND reservation.status = 'active' AND reservation.expires_at > the_now;
        IF reserved + wanted > in_terms[5] THEN
            refusal := 'account'; most := in_terms[5];
            RETURN;
        END IF;
    END IF;
    IF in_terms[3] IS NOT NULL THEN
        SELECT coalesce(sum(reservation.quantity), 0) INTO reserved
          FROM inventory_reservation AS reservation
         WHERE reservation.source_email = in_terms[3] AND reservation.status = 'active' AND reservation.expires_at > the_now;
        IF reserved + wanted > in_terms[6] THEN
            refusal := 'email'; most := in_terms[6];
            RETURN;
        END IF;
    END IF;

    SELECT coalesce(sum(reservation.quantity), 0),
           coalesce(sum(reservation.quantity) FILTER (WHERE reservation.source_ip = in_terms[1]), 0),
           coalesce(sum(reservation.quantity) FILTER (WHERE reservation.source_account IS NULL), 0),
           coalesce(sum(reservation.quantity) FILTER (WHERE reservation.source_ip = in_terms[1] AND reservation.source_account IS NULL), 0)
      INTO of_network, of_ip, guests_of_network, guests_of_ip
      FROM inventory_reservation AS reservation
     WHERE reservation.source_network = in_terms[2] AND reservation.status = 'active' AND reservation.expires_at > the_now;
    IF of_ip + wanted <= in_terms[7] AND of_network + wanted <= in_terms[8] THEN
        RETURN;
    END IF;
    -- Of goods that there are many of, a share may be held; forty times the figure is the most that is ever counted.
    SELECT coalesce(sum(level.on_hand), 0) INTO on_hand
      FROM inventory_stocklevel AS level WHERE level.variant_id = in_variant_id;
    may_ip := greatest(in_terms[7], least(on_hand * in_terms[9] / 100, in_terms[7] * 40));
    may_network := greatest(in_terms[8], least(on_hand * in_terms[10] / 100, in_terms[8] * 40));
    -- A guest is refused by what guests hold, and by what everybody may hold together; who is signed in, by the latter.
    IF is_guest AND guests_of_ip + wanted > may_ip THEN
        refusal := 'ip'; most := may_ip; reserved := guests_of_ip;
    ELSIF of_ip + wanted > may_ip * in_terms[11] THEN
        refusal := 'ip'; most := may_ip * in_terms[11]; reserved := of_ip;
    ELSIF is_guest AND guests_of_network + wanted > may_network THEN
        refusal := 'network'; most := may_network; reserved := guests_of_network;
    ELSIF of_network + wanted > may_network * in_terms[11] THEN
        refusal := 'network'; most := may_network * in_terms[11]; reserved := of_network;
    END IF;
END
$$;

CREATE FUNCTION public.orders_cart_options(in_cart_id uuid, in_user_id uuid) RETURNS TABLE(variant_id uuid, available bigint, held bigint, ends_at timestamp with time zone, reason text, opens_at timestamp with time zone, picture text, asked_at timestamp with time zone)
    LANGUAGE plpgsql STABLE
    AS $_$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT line.variant_id,
           coalesce(stock.free, 0) + coalesce(own.stale, 0),
           coalesce(own.live, 0),
           own.ends_at,
           CASE WHEN NOT (variant.is_active AND product.is_active) THEN 'inactive'
                WHEN drops.is_open THEN ''
                WHEN drops.opens_at IS NOT NULL THEN 'upcoming'
                ELSE 'closed' END,
           drops.opens_at,
           (SELECT CASE WHEN image.renditions ->> 'file' = image.file AND image.renditions -> 'widths' -> 0 IS NOT NULL
                        THEN regexp_replace(image.file, '\.[^.]*$', '')
                             || '-r' || (image.renditions ->> 'recipe') || '-' || (image.renditions -> 'widths' ->> 0)
                             || '.' || (image.renditions -> 'formats' ->> -1)
                        ELSE image.file END::text
              FROM catalog_productimage AS image
             WHERE image.product_id = product.id
             ORDER BY CASE WHEN image.colour_id IS NULL THEN 1
                           WHEN EXISTS (SELECT 1 FROM catalog_variantvalue AS own_value
                                         WHERE own_value.variant_id = variant.id
                                           AND own_value.value_id = image.colour_id) THEN 0
                           ELSE 2 END,
                      image.view <> 'front', image.sort_order, image.id
             LIMIT 1),
           statement_timestamp()
      FROM orders_cartline AS line
      JOIN catalog_variant AS variant ON variant.id = line.variant_id
      JOIN catalog_product AS product ON product.id = variant.product_id
      LEFT JOIN LATERAL (
           SELECT sum(greatest(level.on_hand - level.reserved, 0)) AS free
             FROM inventory_stocklevel AS level
             JOIN inventory_location AS location ON location.id = level.location_id
            WHERE level.variant_id = line.variant_id AND inventory_sellable(location.is_sellable, location.kind)
           ) AS stock ON TRUE
      LEFT JOIN LATERAL (
           SELECT sum(hold.quantity) FILTER (WHERE hold.expires_at > statement_timestamp()) AS live,
                  min(hold.expires_at) FILTER (WHERE hold.expires_at > statement_timestamp()) AS ends_at,
                  sum(hold.quantity) FILTER (WHERE hold.expires_at <= statement_timestamp()) AS stale
             FROM inventory_reservation AS hold
            WHERE hold.cart_id = in_cart_id AND hold.variant_id = line.variant_id AND hold.status = 'active'
           ) AS own ON TRUE
      CROSS JOIN LATERAL catalog_drop_window(product.id, in_cart_id, in_user_id) AS drops
     WHERE line.cart_id = in_cart_id;
END
$_$;

CREATE FUNCTION public.orders_line_units(in_line_id uuid, in_order_id uuid, in_variant_id uuid, in_replaces_id uuid, in_quantity integer) RETURNS TABLE(refunded integer, refunded_sent integer, restocked integer, cancelled integer, cancelled_back integer, picked integer, sent integer, came_back integer, prepared integer, packed integer, replaced integer, paid_by_returns integer, came_by_returns integer, unsent integer, "left" integer)
    LANGUAGE sql STABLE ROWS 1
    AS $$
    SELECT sums.refunded, sums.refunded_sent, sums.restocked, sums.cancelled, sums.cancelled_back, sums.picked,
           sums.sent, sums.came_back, sums.prepared, sums.packed, sums.replaced, sums.paid_by_returns,
           sums.came_by_returns, stay.unsent, greatest(stay.unsent - sums.prepared, 0)
      FROM (
        SELECT owed.refunded + paid.refunded AS refunded, owed.refunded_sent + paid.refunded_sent AS refunded_sent,
               owed.paid_by_returns, called_off.*, boxes.*, moved.restocked,
               (SELECT coalesce(sum(pick.quantity), 0)::integer
                  FROM orders_orderpick AS pick WHERE pick.line_id = in_line_id) AS picked,
               (SELECT count(*)::integer
                  FROM orders_replacement AS other
                 WHERE other.replaced_id = in_line_id AND other.dropped_at IS NULL) AS replaced,
               (SELECT coalesce(sum(came.quantity), 0)::integer
                  FROM orders_returnline AS asked JOIN orders_returnreceiptline AS came ON came.line_id = asked.id
                 WHERE asked.order_line_id = in_line_id)
               - (SELECT coalesce(sum(found.quantity), 0)::integer
                    FROM orders_returnline AS asked JOIN orders_inspection AS found ON found.line_id = asked.id
                   WHERE asked.order_line_id = in_line_id AND found.disposition = 'send_back') AS came_by_returns
          FROM (
            SELECT coalesce(sum(part.quantity) FILTER (WHERE box.has_left), 0)::integer AS sent,
                   coalesce(sum(part.quantity) FILTER (WHERE box.has_left AND box.status = 'returned'), 0)::integer
                       AS came_back,
                   coalesce(sum(part.quantity) FILTER (WHERE box.status = 'pending'), 0)::integer AS prepared,
                   coalesce(sum(part.packed) FILTER (WHERE box.status = 'pending'), 0)::integer AS packed
              FROM orders_shipmentline AS part
             CROSS JOIN LATERAL (
                SELECT one.status,
                       one.status IN ('shipped', 'delivered', 'returned') AND one.sent_again_at IS NULL AS has_left
                  FROM orders_shipment AS one WHERE one.id = part.shipment_id
             ) AS box
             WHERE part.order_line_id = in_line_id
          ) AS boxes,
          (
            -- What is owed has no refund yet; then the refund's lines say it, or the reimbursement's own go on counting.
            SELECT coalesce(sum(part.quantity) FILTER (WHERE back.status = 'owed' OR back.counts_itself), 0)::integer
                       AS refunded,
                   coalesce(sum(part.sent) FILTER (WHERE back.status = 'owed' OR back.counts_itself), 0)::integer
                       AS refunded_sent,
                   coalesce(sum(part.quantity) FILTER (
                       WHERE (back.status <> 'failed' OR back.counts_itself)
                         AND (EXISTS (SELECT 1 FROM orders_returndecision AS made WHERE made.reimbursement_id = back.id)
                              OR EXISTS (SELECT 1 FROM orders_claim AS claim WHERE claim.reimbursement_id = back.id))
                   ), 0)::integer AS paid_by_returns
              FROM orders_reimbursementline AS part JOIN orders_reimbursement AS back ON back.id = part.reimbursement_id
             WHERE part.order_line_id = in_line_id
          ) AS owed,
          (
            SELECT coalesce(sum(part.quantity), 0)::integer AS refunded,
                   coalesce(sum(part.sent), 0)::integer AS refunded_sent
              FROM payments_refundline AS part JOIN payments_refund AS back ON back.id = part.refund_id
             WHERE part.order_line_id = in_line_id AND back.status IN ('requested', 'pending', 'succeeded', 'manual')
          ) AS paid,
          (
            SELECT coalesce(sum(part.quantity), 0)::integer AS cancelled,
                   coalesce(sum(part.quantity) FILTER (WHERE back.counts_itself OR back.status <> 'failed'), 0)::integer
                       AS cancelled_back
              FROM orders_cancellationline AS part
              JOIN orders_cancellation AS act ON act.id = part.cancellation_id
              LEFT JOIN orders_reimbursement AS back ON back.id = act.reimbursement_id
             WHERE part.order_line_id = in_line_id
          ) AS called_off,
          (
            -- What was sold with the order has the order as its cause in the ledger; a unit that replaces another one,
            -- its line. An adjustment of the order: what was sent back to its buyer again, below zero.
            SELECT coalesce(sum(movement.quantity), 0)::integer AS restocked
              FROM inventory_stockmovement AS movement
             WHERE movement.cause_type IN ('orders.order', 'orders.orderline')
               AND movement.cause_id = CASE WHEN in_replaces_id IS NULL THEN in_order_id ELSE in_line_id END
               AND movement.variant_id = in_variant_id
               AND movement.kind IN ('customer_return', 'adjustment')
          ) AS moved
        OFFSET 0
      ) AS sums
     CROSS JOIN LATERAL (
        -- Refunded as sent: with the buyer while as many are out, or back in stock. Those whose parcel came back are not.
        SELECT least(sums.refunded_sent, greatest(sums.sent - sums.came_back - sums.paid_by_returns, 0)) AS units
     ) AS away
     CROSS JOIN LATERAL (
        SELECT sums.cancelled + greatest(
                   greatest(sums.refunded - sums.cancelled_back - sums.paid_by_returns,
                            sums.restocked - sums.cancelled - sums.came_by_returns) - away.units - sums.came_back, 0
               ) AS units
     ) AS gone
     CROSS JOIN LATERAL (SELECT greatest(in_quantity - sums.sent - gone.units, 0) AS unsent) AS stay
$$;

CREATE FUNCTION public.orders_put_line(in_line_id uuid, in_cart_id uuid, in_new_token text, in_user_id uuid, in_variant_id uuid, in_quantity integer, in_bought integer, in_most_units integer, in_most_lines integer, in_asynchronous boolean, in_reserve boolean, in_reservation_id uuid, in_ttl interval, in_actor text, in_terms bigint[], OUT outcome text, OUT line_id uuid, OUT quantity integer, OUT price numeric, OUT detail text) RETURNS record
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    is_new CONSTANT boolean := in_new_token IS NOT NULL;
    is_limited boolean;
    own_limit integer;
    the_limit integer;
BEGIN
    quantity := 0;
    detail := '';
    -- Cart, line and reservation live or die together (DURABLE_RESERVATIONS: docs/locking.md#durability).
    IF in_asynchronous THEN
        PERFORM set_config('synchronous_commit', 'off', TRUE);
    END IF;
    -- The cart first: what is asked about payments must be asked after its lock.
    IF NOT is_new THEN
        PERFORM 1 FROM orders_cart AS cart WHERE cart.id = in_cart_id FOR SHARE;
        IF NOT FOUND THEN
            outcome := 'gone';
            RETURN;
        END IF;
    END IF;
    SELECT variant.price, variant.max_per_order, limits.is_limited INTO price, own_limit, is_limited
      FROM catalog_variant AS variant, inventory_limits(variant.product_id, in_terms) AS limits
     WHERE variant.id = in_variant_id;
    IF NOT FOUND THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    IF NOT is_new THEN
        SELECT session.token INTO detail FROM orders_checkoutsession AS session
         WHERE session.cart_id = in_cart_id AND session.status = 'awaiting_payment' LIMIT 1;
        IF FOUND THEN
            outcome := 'paying';
            RETURN;
        END IF;
        detail := '';
    END IF;
    the_limit := least(in_most_units, coalesce(nullif(own_limit, 0), in_most_units));
    IF in_quantity > the_limit THEN
        outcome := 'limit'; quantity := the_limit;
        RETURN;
    END IF;
    IF in_user_id IS NOT NULL AND own_limit IS NOT NULL THEN
        IF in_bought IS NULL THEN
            outcome := 'ask';
            RETURN;
        ELSIF in_bought > 0 AND in_bought + in_quantity > own_limit THEN
            outcome := 'limit'; quantity := own_limit;
            RETURN;
        END IF;
    END IF;
    IF is_new THEN
        WITH written AS (
            INSERT INTO orders_cart AS cart (id, created_at, updated_at, user_id, token)
            VALUES (in_cart_id, statement_timestamp(), statement_timestamp(), NULL, in_new_token)
            RETURNING cart.id
        )
        INSERT INTO orders_cartline AS line (id, created_at, updated_at, cart_id, variant_id, quantity, seen_price)
        SELECT in_line_id, statement_timestamp(), statement_timestamp(), written.id, in_variant_id, in_quantity, price
          FROM written
        RETURNING line.id, line.quantity INTO line_id, quantity;
    ELSE
        IF NOT EXISTS (SELECT 1 FROM orders_cartline AS line
                        WHERE line.cart_id = in_cart_id AND line.variant_id = in_variant_id)
           AND (SELECT count(*) FROM orders_cartline AS line WHERE line.cart_id = in_cart_id) >= in_most_lines THEN
            outcome := 'full';
            RETURN;
        END IF;
        INSERT INTO orders_cartline AS line (id, created_at, updated_at, cart_id, variant_id, quantity, seen_price)
        VALUES (in_line_id, statement_timestamp(), statement_timestamp(), in_cart_id, in_variant_id, in_quantity, price)
        ON CONFLICT (cart_id, variant_id) DO UPDATE
           SET quantity = line.quantity + EXCLUDED.quantity, seen_price = EXCLUDED.seen_price,
               updated_at = statement_timestamp()
         WHERE NOT in_reserve AND line.quantity + EXCLUDED.quantity <= the_limit
        RETURNING line.id, line.quantity INTO line_id, quantity;
        IF NOT FOUND THEN
            outcome := CASE WHEN in_reserve THEN 'there' ELSE 'limit' END; quantity := the_limit;
            RETURN;
        END IF;
    END IF;
    IF NOT in_reserve THEN
        outcome := 'written';
        RETURN;
    END IF;
    -- What a new cart takes of goods without limits is as old as this call: there is nothing to be judged but its age.
    IF is_new AND NOT is_limited AND in_terms[18] = 1 THEN
        in_ttl := least(in_ttl, make_interval(secs => in_terms[15]));
        in_terms := NULL;
    END IF;
    -- The stock comes last: the hot row is locked for this statement and the commit.
    PERFORM 1 FROM inventory_reserve(in_reservation_id, in_variant_id, in_quantity, in_ttl, 'cart', in_cart_id, NULL,
                                     in_actor, '', FALSE, in_user_id, in_terms);
    IF FOUND THEN
        outcome := 'reserved';
        RETURN;
    END IF;
    DELETE FROM orders_cartline AS line WHERE line.id = line_id;
    IF is_new THEN
        DELETE FROM orders_cart AS cart WHERE cart.id = in_cart_id;
    END IF;
    outcome := 'refused'; line_id := NULL; quantity := 0;
END
$$;

CREATE FUNCTION public.pgtrigger_adjustments_add_up_7e382() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE sums record; kept record;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
-- What the end of this function writes is right, and halfway through it is not.
IF pg_trigger_depth() > 1 THEN
    RETURN NULL;
END IF;
SELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM orders_checkoutsession WHERE id = NEW.id;
IF NOT FOUND THEN
    RETURN NULL;
END IF;
SELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,
       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,
       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named
  INTO kept FROM orders_checkoutadjustment WHERE checkout_id = NEW.id;
IF kept.others <> sums.adjustment_total THEN
    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total
        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_checkoutadjustment_add_up';
END IF;
-- A process of the version before this table writes the shipping as a sum alone: its row follows.
IF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN
    DELETE FROM orders_checkoutadjustment WHERE checkout_id = NEW.id AND target = 'shipping';
    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN
        INSERT INTO orders_checkoutadjustment (id, created_at, updated_at, checkout_id, position, kind, source, label, target, unit,
                                   amount, tax, currency)
        VALUES (gen_random_uuid(), now(), now(), NEW.id, 0, 'shipping', '', sums.shipping_name, 'shipping', 0,
                sums.shipping_total, 0, sums.currency);
    END IF;
END IF;
RETURN NULL;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_adjustments_add_up_b4c55() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE sums record; kept record;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
-- What the end of this function writes is right, and halfway through it is not.
IF pg_trigger_depth() > 1 THEN
    RETURN NULL;
END IF;
SELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM orders_order WHERE id = coalesce(NEW.order_id, OLD.order_id);
IF NOT FOUND THEN
    RETURN NULL;
END IF;
SELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,
       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,
       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named
  INTO kept FROM orders_orderadjustment WHERE order_id = coalesce(NEW.order_id, OLD.order_id);
IF kept.others <> sums.adjustment_total THEN
    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total
        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_orderadjustment_add_up';
END IF;
-- A process of the version before this table writes the shipping as a sum alone: its row follows.
IF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN
    DELETE FROM orders_orderadjustment WHERE order_id = coalesce(NEW.order_id, OLD.order_id) AND target = 'shipping';
    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN
        INSERT INTO orders_orderadjustment (id, created_at, updated_at, order_id, position, kind, source, label, target, unit,
                                   amount, tax, currency)
        VALUES (gen_random_uuid(), now(), now(), coalesce(NEW.order_id, OLD.order_id), 0, 'shipping', '', sums.shipping_name, 'shipping', 0,
                sums.shipping_total, 0, sums.currency);
    END IF;
END IF;
RETURN NULL;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_adjustments_add_up_d6ed5() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE sums record; kept record;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
-- What the end of this function writes is right, and halfway through it is not.
IF pg_trigger_depth() > 1 THEN
    RETURN NULL;
END IF;
SELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM orders_checkoutsession WHERE id = coalesce(NEW.checkout_id, OLD.checkout_id);
IF NOT FOUND THEN
    RETURN NULL;
END IF;
SELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,
       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,
       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named
  INTO kept FROM orders_checkoutadjustment WHERE checkout_id = coalesce(NEW.checkout_id, OLD.checkout_id);
IF kept.others <> sums.adjustment_total THEN
    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total
        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_checkoutadjustment_add_up';
END IF;
-- A process of the version before this table writes the shipping as a sum alone: its row follows.
IF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN
    DELETE FROM orders_checkoutadjustment WHERE checkout_id = coalesce(NEW.checkout_id, OLD.checkout_id) AND target = 'shipping';
    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN
        INSERT INTO orders_checkoutadjustment (id, created_at, updated_at, checkout_id, position, kind, source, label, target, unit,
                                   amount, tax, currency)
        VALUES (gen_random_uuid(), now(), now(), coalesce(NEW.checkout_id, OLD.checkout_id), 0, 'shipping', '', sums.shipping_name, 'shipping', 0,
                sums.shipping_total, 0, sums.currency);
    END IF;
END IF;
RETURN NULL;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_adjustments_add_up_f107b() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE sums record; kept record;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
-- What the end of this function writes is right, and halfway through it is not.
IF pg_trigger_depth() > 1 THEN
    RETURN NULL;
END IF;
SELECT shipping_total, adjustment_total, shipping_name, currency INTO sums FROM orders_order WHERE id = NEW.id;
IF NOT FOUND THEN
    RETURN NULL;
END IF;
SELECT coalesce(sum(amount) FILTER (WHERE target = 'shipping'), 0) AS shipping,
       coalesce(sum(amount) FILTER (WHERE target <> 'shipping'), 0) AS others,
       coalesce(bool_or(kind = 'shipping' AND label = sums.shipping_name), false) AS is_named
  INTO kept FROM orders_orderadjustment WHERE order_id = NEW.id;
IF kept.others <> sums.adjustment_total THEN
    RAISE EXCEPTION 'percha: adjustments add up to %, not to %', kept.others, sums.adjustment_total
        USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_orderadjustment_add_up';
END IF;
-- A process of the version before this table writes the shipping as a sum alone: its row follows.
IF kept.shipping <> sums.shipping_total OR (sums.shipping_name <> '' AND NOT kept.is_named) THEN
    DELETE FROM orders_orderadjustment WHERE order_id = NEW.id AND target = 'shipping';
    IF sums.shipping_name <> '' OR sums.shipping_total <> 0 THEN
        INSERT INTO orders_orderadjustment (id, created_at, updated_at, order_id, position, kind, source, label, target, unit,
                                   amount, tax, currency)
        VALUES (gen_random_uuid(), now(), now(), NEW.id, 0, 'shipping', '', sums.shipping_name, 'shipping', 0,
                sums.shipping_total, 0, sums.currency);
    END IF;
END IF;
RETURN NULL;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_amount_never_changes_174b8() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "amount", "currency", "order_id" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_amounts_never_change_99719() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "total", "freight", "withheld", "rma_id" or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_announce_product_9ffb0() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF NOT EXISTS (SELECT FROM core_outgoingendpoint AS endpoint WHERE endpoint.status = 'active' AND endpoint.types @> ARRAY['product.updated']::varchar[])
           OR (TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at') THEN
            RETURN NULL;
        END IF;
        WITH message AS (
            INSERT INTO core_outgoingmessage (id, type, data, occurred_at, once)
            SELECT gen_random_uuid(), 'product.updated',
                   jsonb_build_object('product', product.id, 'slug', product.slug, 'is_active', product.is_active),
                   now(), 'product.updated:' || product.id || ':' || pg_current_xact_id()
              FROM catalog_product AS product
             WHERE product.id = CASE TG_OP WHEN 'DELETE' THEN OLD.id ELSE NEW.id END
            ON CONFLICT (once) DO UPDATE SET data = EXCLUDED.data
            RETURNING id
        )
        INSERT INTO core_outgoingdelivery
               (id, created_at, updated_at, message_id, endpoint_id,
                status, attempts, next_try_at, begun_at, began_with)
        SELECT gen_random_uuid(), now(), now(), message.id, endpoint.id, 'pending', 0, now(), now(), 0
          FROM message CROSS JOIN core_outgoingendpoint AS endpoint
         WHERE endpoint.status = 'active' AND endpoint.types @> ARRAY['product.updated']::varchar[]
        ON CONFLICT (message_id, endpoint_id) DO NOTHING;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_announce_product_add52() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF NOT EXISTS (SELECT FROM core_outgoingendpoint AS endpoint WHERE endpoint.status = 'active' AND endpoint.types @> ARRAY['product.updated']::varchar[])
           OR (TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at') THEN
            RETURN NULL;
        END IF;
        WITH message AS (
            INSERT INTO core_outgoingmessage (id, type, data, occurred_at, once)
            SELECT gen_random_uuid(), 'product.updated',
                   jsonb_build_object('product', product.id, 'slug', product.slug, 'is_active', product.is_active),
                   now(), 'product.updated:' || product.id || ':' || pg_current_xact_id()
              FROM catalog_product AS product
             WHERE product.id = CASE TG_OP WHEN 'DELETE' THEN OLD.product_id ELSE NEW.product_id END
            ON CONFLICT (once) DO UPDATE SET data = EXCLUDED.data
            RETURNING id
        )
        INSERT INTO core_outgoingdelivery
               (id, created_at, updated_at, message_id, endpoint_id,
                status, attempts, next_try_at, begun_at, began_with)
        SELECT gen_random_uuid(), now(), now(), message.id, endpoint.id, 'pending', 0, now(), now(), 0
          FROM message CROSS JOIN core_outgoingendpoint AS endpoint
         WHERE endpoint.status = 'active' AND endpoint.types @> ARRAY['product.updated']::varchar[]
        ON CONFLICT (message_id, endpoint_id) DO NOTHING;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_announce_product_ef0e6() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF NOT EXISTS (SELECT FROM core_outgoingendpoint AS endpoint WHERE endpoint.status = 'active' AND endpoint.types @> ARRAY['product.updated']::varchar[])
           OR (TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at') THEN
            RETURN NULL;
        END IF;
        WITH message AS (
            INSERT INTO core_outgoingmessage (id, type, data, occurred_at, once)
            SELECT gen_random_uuid(), 'product.updated',
                   jsonb_build_object('product', product.id, 'slug', product.slug, 'is_active', product.is_active),
                   now(), 'product.updated:' || product.id || ':' || pg_current_xact_id()
              FROM catalog_product AS product
             WHERE product.id = CASE TG_OP WHEN 'DELETE' THEN OLD.product_id ELSE NEW.product_id END
            ON CONFLICT (once) DO UPDATE SET data = EXCLUDED.data
            RETURNING id
        )
        INSERT INTO core_outgoingdelivery
               (id, created_at, updated_at, message_id, endpoint_id,
                status, attempts, next_try_at, begun_at, began_with)
        SELECT gen_random_uuid(), now(), now(), message.id, endpoint.id, 'pending', 0, now(), now(), 0
          FROM message CROSS JOIN core_outgoingendpoint AS endpoint
         WHERE endpoint.status = 'active' AND endpoint.types @> ARRAY['product.updated']::varchar[]
        ON CONFLICT (message_id, endpoint_id) DO NOTHING;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_121a6() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_2442a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_2fc7e() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_353f0() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_39bd4() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_4bc79() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_5f0a4() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_87d93() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot delete or update of "rma_id", "ordinal" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_980dc() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_9b385() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_a3473() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_append_only_d28aa() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_apply_to_level_4bef2() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                UPDATE inventory_stocklevel
                   SET on_hand = on_hand + NEW.quantity, updated_at = now()
                 WHERE id = NEW.level_id
                 RETURNING on_hand, variant_id, location_id
                  INTO NEW.on_hand_after, NEW.variant_id, NEW.location_id;
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'percha: no stock level % for this movement', NEW.level_id;
                END IF;
                -- Numbered and dated below the level's lock, so that both follow the order in which on_hand changed,
                -- also when two sales had waited for one another. A date that is given is kept (a restored past).
                IF NEW.occurred_at IS NULL THEN
                    NEW.occurred_at := clock_timestamp();
                    NEW.id := nextval('inventory_stockmovement_id_seq');
                END IF;
                -- A row that ON CONFLICT DO NOTHING would drop has already moved the level: refuse it loudly. The
                -- level's row lock, just taken, lets no other sale slip in between.
                IF EXISTS (SELECT 1 FROM inventory_stockmovement AS other WHERE other.id = NEW.id)
                   OR NEW.kind = 'sale' AND NEW.cause_id IS NOT NULL
                  AND EXISTS (SELECT 1 FROM inventory_stockmovement AS other
                               WHERE other.cause_type = NEW.cause_type AND other.cause_id = NEW.cause_id
                                 AND other.level_id = NEW.level_id AND other.kind = 'sale') THEN
                    RAISE EXCEPTION 'percha: this movement is already booked' USING ERRCODE = 'unique_violation';
                END IF;
                RETURN NEW;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_asked_for_never_changes_4e0e6() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "shipment_id", "attempt", "reference", "carrier" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_assigned_once_37c2b() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                IF (NEW.amount, NEW.currency, NEW.booked_on, NEW.bank, NEW.fingerprint)
                    IS DISTINCT FROM (OLD.amount, OLD.currency, OLD.booked_on, OLD.bank, OLD.fingerprint)
                   OR (OLD.status IN ('booked', 'confirms') AND
                       (NEW.status, NEW.instruction_id, NEW.position, NEW.confirms_id, NEW.noted_at)
                       IS DISTINCT FROM
                       (OLD.status, OLD.instruction_id, OLD.position, OLD.confirms_id, OLD.noted_at))
                THEN
                    RAISE EXCEPTION 'percha: a bank credit that was booked does not change'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'bankcredit_assigned_once';
                END IF;
                RETURN NEW;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_book_the_event_6f672() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
UPDATE orders_installment
   SET paid = paid + CASE WHEN NEW.kind = 'paid' THEN NEW.amount
                          WHEN NEW.kind IN ('refunded', 'reversed') THEN -NEW.amount ELSE 0 END,
       waived = waived + CASE WHEN NEW.kind = 'waived' THEN NEW.amount
                              WHEN NEW.kind = 'waiver_fallen' THEN -NEW.amount ELSE 0 END,
       reduced = reduced + CASE WHEN NEW.kind IN ('reduced', 'refunded', 'waiver_fallen') THEN NEW.amount
                                WHEN NEW.kind = 'restored' THEN -NEW.amount ELSE 0 END,
       late = late + CASE WHEN NEW.kind = 'late' THEN NEW.amount ELSE 0 END,
       updated_at = now()
 WHERE id = NEW.installment_id;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_availability_71a00() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF LEAST(OLD.on_hand - OLD.reserved, NEW.on_hand - NEW.reserved)
           <= coalesce((SELECT units FROM catalog_lowstockhint WHERE id = 1), 100) THEN
            INSERT INTO catalog_catalogchange (changes, changed_at, product_id)
            SELECT 1, clock_timestamp(), variant.product_id
              FROM catalog_variant AS variant WHERE variant.id = NEW.variant_id;
            INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', NEW.variant_id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_07f1a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_2269a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_32c04() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_76b90() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_96b0b() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_9a0fe() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_9bbf5() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_9e7fa() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_aad74() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_bdfd6() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_cac88() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_e454d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_changes_catalogue_fd6f1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_catalogchange (changes, changed_at) VALUES (1, clock_timestamp()); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_credited_within_invoice_88c90() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_invoice uuid; line record; gone record; invoiced numeric; credited numeric;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT related_to_id INTO the_invoice FROM orders_invoice WHERE id = NEW.invoice_id AND kind = 'credit_note';
IF the_invoice IS NULL THEN
    IF NEW.credits_id IS NOT NULL THEN
        RAISE EXCEPTION 'percha: only a credit note credits lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'credited_within_invoice';
    END IF;
    RETURN NEW;
END IF;
SELECT total INTO invoiced FROM orders_invoice WHERE id = the_invoice FOR NO KEY UPDATE;
SELECT invoiced + coalesce(sum(total), 0) INTO invoiced FROM orders_invoice
 WHERE related_to_id = the_invoice AND kind = 'debit_note' AND status = 'authorised';
SELECT coalesce(sum(l.amount), 0) INTO credited
  FROM orders_invoiceline l JOIN orders_invoice n ON n.id = l.invoice_id
 WHERE n.related_to_id = the_invoice AND n.kind = 'credit_note'
   AND n.status IN ('reserved', 'sent', 'unknown', 'authorised');
IF credited + NEW.amount > invoiced THEN
    RAISE EXCEPTION 'percha: % would be credited of % invoiced', credited + NEW.amount, invoiced
        USING ERRCODE = 'check_violation', CONSTRAINT = 'credited_within_invoice';
END IF;
IF NEW.credits_id IS NULL THEN
    RETURN NEW;
END IF;
SELECT quantity, amount INTO line FROM orders_invoiceline
 WHERE id = NEW.credits_id AND invoice_id = the_invoice;
SELECT coalesce(sum(l.quantity), 0) AS quantity, coalesce(sum(l.amount), 0) AS amount INTO gone
  FROM orders_invoiceline l JOIN orders_invoice n ON n.id = l.invoice_id
 WHERE l.credits_id = NEW.credits_id AND n.status IN ('reserved', 'sent', 'unknown', 'authorised');
IF line.quantity IS NULL OR gone.amount + NEW.amount > line.amount
   OR (NEW.kind = 'line' AND gone.quantity + NEW.quantity > line.quantity) THEN
    RAISE EXCEPTION 'percha: % for % units would be credited of a line of %',
        gone.amount + NEW.amount, gone.quantity + NEW.quantity, line.amount
        USING ERRCODE = 'check_violation', CONSTRAINT = 'credited_within_invoice';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_dropped_for_good_6e374() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "dropped_at" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_for_the_purchase_241ee() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                IF NEW.payable_id IS NULL THEN
                    INSERT INTO orders_payable (id, created_at, updated_at, kind, purchase_id)
                    VALUES (NEW.checkout_id, now(), now(), 'checkout', NEW.checkout_id) ON CONFLICT DO NOTHING;
                    NEW.payable_id := NEW.checkout_id;
                END IF;
                RETURN NEW;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_frozen_1e26a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_issued_never_changes_a0eee() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'percha: issued document % cannot be deleted', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_never_changes';
END IF;
IF (OLD.order_id, OLD.kind, OLD.status, OLD.provider, OLD.series_id, OLD.number, OLD.name, OLD.issued_on, OLD.issued_at,
    OLD.currency, OLD.total, OLD.net, OLD.tax, OLD.related_to_id, OLD.authorisation, OLD.authorisation_due,
    OLD.dedupe_key)
   IS DISTINCT FROM
   (NEW.order_id, NEW.kind, NEW.status, NEW.provider, NEW.series_id, NEW.number, NEW.name, NEW.issued_on, NEW.issued_at,
    NEW.currency, NEW.total, NEW.net, NEW.tax, NEW.related_to_id, NEW.authorisation, NEW.authorisation_due,
    NEW.dedupe_key)
   -- The buyer may be forgotten once, and nothing else of the content changes then.
   OR (NEW.content IS DISTINCT FROM OLD.content AND (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL
       OR NEW.content - 'buyer' IS DISTINCT FROM OLD.content - 'buyer'))
   OR (OLD.erased_at IS NOT NULL AND NEW.erased_at IS DISTINCT FROM OLD.erased_at) THEN
    RAISE EXCEPTION 'percha: issued document % cannot be changed', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_never_changes';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_keep_address_11d9a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        INSERT INTO catalog_formeraddress (kind, slug, category_id, changed_at)
        VALUES ('category', OLD.path_slug, OLD.id, now())
        ON CONFLICT (kind, slug) DO UPDATE SET category_id = EXCLUDED.category_id, changed_at = EXCLUDED.changed_at;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_keep_address_7b83c() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        INSERT INTO catalog_formeraddress (kind, slug, collection_id, changed_at)
        VALUES ('collection', OLD.slug, OLD.id, now())
        ON CONFLICT (kind, slug) DO UPDATE SET collection_id = EXCLUDED.collection_id, changed_at = EXCLUDED.changed_at;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_keep_address_82837() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        INSERT INTO catalog_formeraddress (kind, slug, product_id, changed_at)
        VALUES ('product', OLD.slug, OLD.id, now())
        ON CONFLICT (kind, slug) DO UPDATE SET product_id = EXCLUDED.product_id, changed_at = EXCLUDED.changed_at;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_keep_price_fbb96() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                IF TG_OP = 'INSERT' OR OLD.price IS DISTINCT FROM NEW.price
                   OR OLD.compare_at_price IS DISTINCT FROM NEW.compare_at_price THEN
                    INSERT INTO catalog_pricechange (variant_id, price, compare_at_price, changed_at)
                    VALUES (NEW.id, NEW.price, NEW.compare_at_price, now());
                END IF;
                RETURN NULL;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_kept_db55f() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                PERFORM 1 FROM orders_invoice WHERE id = OLD.invoice_id AND erased_at IS NULL;
                IF FOUND THEN
                    RAISE EXCEPTION 'percha: a printed invoice cannot be deleted'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_never_changes';
                END IF;
                RETURN OLD;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_kept_fdb85() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_line_never_changes_8f321() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "line_id" or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_lines_stay_437ac() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
PERFORM 1 FROM orders_invoice WHERE id = OLD.invoice_id AND status IN ('authorised', 'sent', 'unknown');
IF FOUND THEN
    RAISE EXCEPTION 'percha: a line of an issued document cannot be deleted'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'issued_never_changes';
END IF;
RETURN OLD;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_lines_within_order_0bcc4() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; money numeric;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                IF OLD.status <> 'failed' OR NEW.status <> 'requested' OR NOT EXISTS (
                    SELECT 1 FROM payments_refundline WHERE refund_id = NEW.id
                ) THEN
                    RETURN NEW;
                END IF;
                SELECT order_id INTO the_order FROM payments_payment WHERE id = NEW.payment_id;
                PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
                SELECT coalesce(sum(p.amount - p.charged_back_amount), 0) - NEW.amount INTO money
                  FROM payments_payment p WHERE p.order_id = the_order AND p.role = 'order';
                SELECT money - coalesce(sum(r.amount), 0) INTO money
                  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
                 WHERE p.order_id = the_order AND p.role = 'order' AND r.status <> 'failed' AND r.id <> NEW.id;
                SELECT money - coalesce(sum(b.amount), 0) INTO money
                  FROM orders_reimbursement b WHERE b.order_id = the_order AND b.status = 'owed';
                IF EXISTS (
                    SELECT 1 FROM payments_refundline mine JOIN orders_orderline o ON o.id = mine.order_line_id
                      CROSS JOIN LATERAL (
                        SELECT coalesce(sum(quantity), 0) AS units, coalesce(sum(amount), 0) AS amount FROM (
                            SELECT l.quantity, l.amount + l.withheld AS amount
                              FROM payments_refundline l JOIN payments_refund r ON r.id = l.refund_id
                             WHERE l.order_line_id = mine.order_line_id AND r.status <> 'failed' AND r.id <> NEW.id
                             UNION ALL
                            SELECT l.quantity, l.amount + l.withheld FROM orders_reimbursementline l
                              JOIN orders_reimbursement r ON r.id = l.reimbursement_id
                             WHERE l.order_line_id = mine.order_line_id AND (r.status = 'owed' OR r.counts_itself)
                             UNION ALL
                            SELECT 1, u.credit FROM orders_replacement u
                             WHERE u.replaced_id = mine.order_line_id AND u.dropped_at IS NULL
                        ) AS gone
                      ) AS back
                      CROSS JOIN LATERAL (
                        SELECT o.total + coalesce(sum(amount), 0) AS amount
                          FROM orders_orderadjustment WHERE line_id = o.id
                      ) AS paid
                      CROSS JOIN LATERAL (
                        SELECT paid.amount - mine.amount - mine.withheld - back.amount AS amount
                      ) AS rest
                     WHERE mine.refund_id = NEW.id AND (
                        o.quantity < mine.quantity + back.units OR rest.amount < 0
                        -- The last units close the line, unless no more is left of the order's money.
                        OR o.quantity = mine.quantity + back.units AND rest.amount > 0 AND rest.amount <= money
                           AND NOT EXISTS (SELECT 1 FROM orders_reimbursementline l
                                            WHERE l.order_line_id = o.id AND l.kind = 'credit'))
                ) OR EXISTS (
                    SELECT 1 FROM payments_refundline mine JOIN orders_order o ON o.id = the_order
                     WHERE mine.refund_id = NEW.id AND mine.order_line_id IS NULL AND o.shipping_total + (
                        SELECT coalesce(sum(amount), 0) FROM orders_orderadjustment
                         WHERE order_id = the_order AND target = 'order') < mine.amount + (
                        SELECT coalesce(sum(l.amount), 0) FROM payments_refundline l
                          JOIN payments_refund r ON r.id = l.refund_id
                          JOIN payments_payment p ON p.id = r.payment_id
                         WHERE l.order_line_id IS NULL AND p.order_id = the_order
                           AND r.status <> 'failed' AND r.id <> NEW.id) + (
                        SELECT coalesce(sum(l.amount), 0) FROM orders_reimbursementline l
                          JOIN orders_reimbursement r ON r.id = l.reimbursement_id
                         WHERE l.kind = 'shipping' AND r.order_id = the_order
                           AND (r.status = 'owed' OR r.counts_itself))
                ) THEN
                    RAISE EXCEPTION 'percha: what this refund gives back has been given back by another one'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';
                END IF;
                RETURN NEW;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_0b243() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', OLD.variant_id::text); RETURN NULL;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_0cb65() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', OLD.product_id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.product_id::text IS DISTINCT FROM NEW.product_id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', NEW.product_id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_2109d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', OLD.product_id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.product_id::text IS DISTINCT FROM NEW.product_id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', NEW.product_id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_41ae2() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', OLD.variant_id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.variant_id::text IS DISTINCT FROM NEW.variant_id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('variant', NEW.variant_id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_4a2a9() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', OLD.id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', NEW.id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_5547e() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('collection', OLD.id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('collection', NEW.id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_7431d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('category', OLD.id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('category', NEW.id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_b8a93() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('brand', OLD.id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('brand', NEW.id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_f53e8() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', OLD.product_id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.product_id::text IS DISTINCT FROM NEW.product_id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('product', NEW.product_id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_fba2a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('all', '');
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND '' IS DISTINCT FROM '' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('all', '');
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_fbfc5() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('value', OLD.id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('value', NEW.id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_marks_listing_fd597() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'updated_at' = to_jsonb(NEW) - 'updated_at' THEN
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('option', OLD.id::text);
        END IF;
        IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id::text IS DISTINCT FROM NEW.id::text THEN
            INSERT INTO catalog_listingmark (kind, key) VALUES ('option', NEW.id::text);
        END IF;
        RETURN NULL;
        
                END;
            $$;

CREATE FUNCTION public.pgtrigger_never_changes_2153a() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_never_changes_5b73e() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "exchange_id", "amount", "currency" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_never_changes_7fd73() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "order_id", "by", "actor", "reason", "is_whole", "reimbursement_id" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_never_changes_dbb32() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "plan_id", "kind", "amount", "currency", "choice", "priced_on" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_never_deleted_74f73() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_never_deleted_9091d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_on_hand_needs_movement_15c96() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                IF TG_OP = 'INSERT' AND NEW.on_hand <> 0 THEN
                    RAISE EXCEPTION 'percha: a stock level starts at zero; insert a movement instead';
                END IF;
                IF TG_OP = 'UPDATE' AND NEW.on_hand IS DISTINCT FROM OLD.on_hand AND pg_trigger_depth() < 2 THEN
                    RAISE EXCEPTION 'percha: on_hand changes only through a stock movement';
                END IF;
                RETURN NEW;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_one_line_d20ce() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "line_id" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_only_added_2e386() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_order_never_changes_01384() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "order_id", "ordinal", "origin" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_order_never_changes_19bc0() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "order_id", "ordinal", "origin" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_order_never_changes_64997() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "order_id", "rma_id", "ordinal", "settlement" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_order_never_changes_e3493() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "order_id", "ordinal" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_payable_of_the_attempt_859d9() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                NEW.payable_id := (SELECT payable_id FROM payments_paymentattempt WHERE id = NEW.attempt_id);
                RETURN NEW;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_public_number_never_changes_04d7c() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "public_number" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_public_number_never_changes_679f9() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "public_number" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_public_number_never_changes_a3b2b() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "public_number" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_public_number_never_changes_a6377() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "public_number" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_public_number_never_changes_ceaa6() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "public_number" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_recount_f9f93() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                -- Every verb locks the level before it writes a movement or a hold below it, so that the sum taken
                -- after this lock is the sum of what is committed.
                SELECT CASE NEW.figure WHEN 'on_hand' THEN on_hand ELSE reserved END INTO NEW.before
                  FROM inventory_stocklevel WHERE id = NEW.level_id FOR UPDATE;
                IF NEW.figure = 'on_hand' THEN
                    SELECT coalesce(sum(quantity), 0) INTO NEW.after
                      FROM inventory_stockmovement WHERE level_id = NEW.level_id;
                    UPDATE inventory_stocklevel SET on_hand = NEW.after, updated_at = now() WHERE id = NEW.level_id;
                ELSE
                    SELECT coalesce(sum(quantity), 0) INTO NEW.after
                      FROM inventory_reservation WHERE level_id = NEW.level_id AND status = 'active';
                    UPDATE inventory_stocklevel SET reserved = NEW.after, updated_at = now() WHERE id = NEW.level_id;
                END IF;
                RETURN NEW;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_sent_again_once_4de08() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "sent_again_at" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_sent_back_is_final_80795() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "disposition", "quantity" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_status_never_goes_back_92f5f() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE _is_valid_transition BOOLEAN;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    SELECT CONCAT(OLD."status", ':', NEW."status") = ANY('{requested:approved,requested:rejected,requested:cancelled,approved:closed,approved:cancelled,approved:expired}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_status_never_goes_back_d9785() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE _is_valid_transition BOOLEAN;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    SELECT CONCAT(OLD."status", ':', NEW."status") = ANY('{pending:shipped,pending:cancelled,shipped:delivered,shipped:returned,delivered:returned}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_status_never_goes_back_e1478() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE _is_valid_transition BOOLEAN;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    SELECT CONCAT(OLD."status", ':', NEW."status") = ANY('{open:approved,open:denied,open:cancelled,approved:resolved,approved:open}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_status_never_goes_back_f49e9() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE _is_valid_transition BOOLEAN;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    SELECT CONCAT(OLD."status", ':', NEW."status") = ANY('{requested:released,requested:cancelled,cancelled:requested}'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."status" IS DISTINCT FROM NEW."status") THEN RAISE EXCEPTION 'pgtrigger: Invalid transition of field "status" from "%" to "%" on table %', OLD."status", NEW."status", TG_TABLE_NAME; ELSE RETURN NEW; END IF;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_terms_never_change_9aa41() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "currency", "base", "total", "count", "factor", "rate", "contract", "order_id", "quote_id" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_terms_never_change_faf6d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "code", "version", "count", "factor", "due_policy", "due_day", "late_monthly_rate", "grace_days" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_terms_never_change_fc132() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "plan_id", "number", "amount", "principal", "interest", "balance", "original_due_date" rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_units_never_change_3e5bc() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "quantity", "order_line_id", "shipment_id" or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_units_never_change_3f6e9() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "quantity", "order_line_id", "claim_id" or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_units_never_change_b6f4c() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "quantity", "order_line_id", "rma_id" or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_line_37308() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; is_in varchar; ordered int; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT order_id, status INTO the_order, is_in FROM orders_shipment WHERE id = NEW.shipment_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT quantity INTO ordered FROM orders_orderline WHERE id = NEW.order_line_id AND order_id = the_order;
SELECT coalesce(sum(l.quantity), 0) INTO taken
  FROM orders_shipmentline l JOIN orders_shipment s ON s.id = l.shipment_id
 WHERE l.order_line_id = NEW.order_line_id AND s.status <> 'cancelled' AND s.sent_again_at IS NULL AND l.id <> NEW.id;
SELECT ordered - coalesce(sum(quantity), 0) INTO ordered
  FROM orders_cancellationline WHERE order_line_id = NEW.order_line_id;
IF is_in <> 'pending' OR ordered IS NULL OR taken + NEW.quantity > ordered THEN
    RAISE EXCEPTION 'percha: % units would be sent of % ordered (shipment %)', taken + NEW.quantity, ordered, is_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'shipment_line_within_line';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_line_47217() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; ordered int; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT order_id INTO the_order FROM orders_cancellation WHERE id = NEW.cancellation_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT quantity INTO ordered FROM orders_orderline WHERE id = NEW.order_line_id AND order_id = the_order;
SELECT coalesce(sum(quantity), 0) INTO taken
  FROM orders_cancellationline WHERE order_line_id = NEW.order_line_id AND id <> NEW.id;
SELECT taken + coalesce(sum(l.quantity), 0) INTO taken
  FROM orders_shipmentline l JOIN orders_shipment s ON s.id = l.shipment_id
 WHERE l.order_line_id = NEW.order_line_id AND s.status <> 'cancelled' AND s.sent_again_at IS NULL;
IF ordered IS NULL OR taken + NEW.quantity > ordered THEN
    RAISE EXCEPTION 'percha: % units would be cancelled or in shipments of % ordered', taken + NEW.quantity, ordered
        USING ERRCODE = 'check_violation', CONSTRAINT = 'cancellation_line_within_line';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_line_583a7() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; the_order_line uuid; is_in varchar; announced int; received int; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT r.order_id, r.status, l.quantity, l.order_line_id INTO the_order, is_in, announced, the_order_line
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id WHERE l.id = NEW.line_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT coalesce(sum(quantity), 0) INTO received FROM orders_returnreceiptline WHERE line_id = NEW.line_id;

SELECT coalesce(sum(d.quantity), 0) INTO taken
  FROM orders_returndecisionline d JOIN orders_returndecision m ON m.id = d.decision_id
 WHERE d.line_id = NEW.line_id AND m.withdrawn_at IS NULL AND d.id <> NEW.id;
IF taken + NEW.quantity > greatest(announced, received) THEN
    RAISE EXCEPTION 'percha: % units decided of % announced and % received', taken + NEW.quantity, announced, received
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_decided_within_line';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_line_91403() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; ordered int; paid numeric; back numeric; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT l.order_id, l.quantity, l.total INTO the_order, ordered, paid
  FROM orders_orderline l WHERE l.id = NEW.replaced_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT paid + coalesce(sum(amount), 0) INTO paid FROM orders_orderadjustment WHERE line_id = NEW.replaced_id;
SELECT coalesce(sum(l.amount + l.withheld), 0), coalesce(sum(l.quantity), 0) INTO back, taken
  FROM payments_refundline l JOIN payments_refund r ON r.id = l.refund_id
 WHERE l.order_line_id = NEW.replaced_id AND r.status <> 'failed';
SELECT coalesce(sum(l.amount + l.withheld), 0) + back, coalesce(sum(l.quantity), 0) + taken INTO back, taken
  FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id
 WHERE l.order_line_id = NEW.replaced_id AND (r.status = 'owed' OR r.counts_itself);
SELECT coalesce(sum(u.credit), 0) + back, count(*) + taken INTO back, taken
  FROM orders_replacement u
 WHERE u.replaced_id = NEW.replaced_id AND u.dropped_at IS NULL AND u.id <> NEW.id;
IF ordered IS NULL OR taken + 1 > ordered OR back + NEW.credit > paid THEN
    RAISE EXCEPTION 'percha: % units of % would be replaced or back, % of % paid', taken + 1, ordered,
        back + NEW.credit, paid
        USING ERRCODE = 'check_violation', CONSTRAINT = 'replacement_within_line';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_order_5ce0d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE paid numeric; back numeric; owed numeric; debt numeric;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
PERFORM 1 FROM orders_order WHERE id = NEW.order_id FOR NO KEY UPDATE;
SELECT coalesce(sum(amount), (SELECT total FROM orders_order WHERE id = NEW.order_id)) INTO paid
  FROM payments_payment WHERE order_id = NEW.order_id AND role = 'order';
SELECT coalesce(sum(r.amount), 0) INTO back
  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
 WHERE p.order_id = NEW.order_id AND p.role = 'order' AND r.status <> 'failed';
-- Of an order paid in instalments its whole debt may go back, paid or not; what has gone back is in `reduced`.
SELECT sum(i.amount + i.late - i.reduced) INTO debt
  FROM orders_installment i JOIN orders_installmentplan p ON p.id = i.plan_id WHERE p.order_id = NEW.order_id;
IF debt IS NOT NULL THEN
    SELECT debt, 0 INTO paid, back;
END IF;
SELECT coalesce(sum(amount), 0) INTO owed FROM orders_reimbursement
 WHERE order_id = NEW.order_id AND status = 'owed' AND id <> NEW.id;
IF back + owed + NEW.amount > paid THEN
    RAISE EXCEPTION 'percha: % would go back of % paid', back + owed + NEW.amount, paid
        USING ERRCODE = 'check_violation', CONSTRAINT = 'reimbursement_within_order';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_order_64aa0() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; paid numeric; back numeric; ordered int; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT order_id INTO the_order FROM orders_reimbursement WHERE id = NEW.reimbursement_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
IF NEW.kind = 'sum' THEN
    RETURN NEW;
END IF;
IF NEW.kind = 'shipping' THEN
    SELECT shipping_total, 1 INTO paid, ordered FROM orders_order WHERE id = the_order;
    SELECT paid + coalesce(sum(amount), 0) INTO paid
      FROM orders_orderadjustment WHERE order_id = the_order AND target = 'order';
ELSE
    SELECT total, quantity INTO paid, ordered FROM orders_orderline
     WHERE id = NEW.order_line_id AND order_id = the_order;
    SELECT paid + coalesce(sum(amount), 0) INTO paid
      FROM orders_orderadjustment WHERE line_id = NEW.order_line_id;
END IF;
SELECT coalesce(sum(l.amount + l.withheld), 0), coalesce(sum(l.quantity), 0) INTO back, taken
  FROM payments_refundline l
  JOIN payments_refund r ON r.id = l.refund_id
  JOIN payments_payment p ON p.id = r.payment_id
 WHERE p.order_id = the_order AND r.status <> 'failed' AND l.order_line_id IS NOT DISTINCT FROM NEW.order_line_id;
SELECT coalesce(sum(l.amount + l.withheld), 0) + back, coalesce(sum(l.quantity), 0) + taken INTO back, taken
  FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id
 WHERE r.order_id = the_order AND (r.status = 'owed' OR r.counts_itself) AND l.kind <> 'sum' AND l.id <> NEW.id
   AND l.order_line_id IS NOT DISTINCT FROM NEW.order_line_id;
-- A unit that is replaced has gone from its line with what was paid for it (`orders.models.replacements`).
SELECT coalesce(sum(u.credit), 0) + back, count(*) + taken INTO back, taken
  FROM orders_replacement u WHERE u.replaced_id = NEW.order_line_id AND u.dropped_at IS NULL;
IF NEW.sent > 0 AND NEW.sent > (
    SELECT coalesce(sum(s.quantity), 0) FROM orders_shipmentline s JOIN orders_shipment box ON box.id = s.shipment_id
     WHERE s.order_line_id = NEW.order_line_id AND box.status IN ('shipped', 'delivered', 'returned')
) - (
    SELECT coalesce(sum(l.sent), 0) FROM payments_refundline l JOIN payments_refund r ON r.id = l.refund_id
     WHERE l.order_line_id = NEW.order_line_id AND r.status <> 'failed'
) - (
    SELECT coalesce(sum(l.sent), 0)
      FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id
     WHERE l.order_line_id = NEW.order_line_id AND (r.status = 'owed' OR r.counts_itself) AND l.id <> NEW.id
) THEN
    RAISE EXCEPTION 'percha: % units would go back as sent, which were not', NEW.sent
        USING ERRCODE = 'check_violation', CONSTRAINT = 'reimbursement_line_within_order';
END IF;
IF paid IS NULL OR back + NEW.amount + NEW.withheld > paid
    OR (NEW.kind = 'line' AND taken + NEW.quantity > ordered) THEN
    RAISE EXCEPTION 'percha: % for % units would go back of % paid', back + NEW.amount, taken + NEW.quantity, paid
        USING ERRCODE = 'check_violation', CONSTRAINT = 'reimbursement_line_within_order';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_order_cd97d() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; ordered int; price numeric; taken int; paid numeric; back numeric; is_adjusted bool; is_credited bool; short numeric; money numeric;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT p.order_id INTO the_order
  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id WHERE r.id = NEW.refund_id;
SELECT shipping_total INTO paid FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
IF NEW.order_line_id IS NULL THEN
    SELECT paid + coalesce(sum(amount), 0) INTO paid
      FROM orders_orderadjustment WHERE order_id = the_order AND target = 'order';
    SELECT coalesce(sum(l.amount), 0) INTO back FROM payments_refundline l
      JOIN payments_refund r ON r.id = l.refund_id JOIN payments_payment p ON p.id = r.payment_id
     WHERE l.order_line_id IS NULL AND p.order_id = the_order AND r.status <> 'failed' AND l.id <> NEW.id;
    SELECT back + coalesce(sum(l.amount), 0) INTO back FROM orders_reimbursementline l
      JOIN orders_reimbursement r ON r.id = l.reimbursement_id
     WHERE l.kind = 'shipping' AND r.order_id = the_order AND r.counts_itself;
    IF paid IS NULL OR back + NEW.amount > paid THEN
        RAISE EXCEPTION 'percha: shipping of % would go back of %', back + NEW.amount, paid
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';
    END IF;
    RETURN NEW;
END IF;
SELECT quantity, unit_price, total INTO ordered, price, paid
  FROM orders_orderline WHERE id = NEW.order_line_id AND order_id = the_order;
SELECT paid + coalesce(sum(amount), 0), coalesce(bool_or(amount <> 0), false) INTO paid, is_adjusted
  FROM orders_orderadjustment WHERE line_id = NEW.order_line_id;
SELECT coalesce(sum(l.quantity), 0), coalesce(sum(l.amount + l.withheld), 0) INTO taken, back
  FROM payments_refundline l
  JOIN payments_refund r ON r.id = l.refund_id
 WHERE l.order_line_id = NEW.order_line_id AND r.status <> 'failed' AND l.id <> NEW.id;
SELECT taken + coalesce(sum(l.quantity), 0), back + coalesce(sum(l.amount + l.withheld), 0) INTO taken, back
  FROM orders_reimbursementline l JOIN orders_reimbursement r ON r.id = l.reimbursement_id
 WHERE l.order_line_id = NEW.order_line_id AND r.counts_itself;
-- A unit that is replaced has gone from its line with what was paid for it (`orders.models.replacements`).
SELECT taken + count(*), back + coalesce(sum(u.credit), 0) INTO taken, back
  FROM orders_replacement u WHERE u.replaced_id = NEW.order_line_id AND u.dropped_at IS NULL;
-- Of a line of which a part of the price was given back (a credit) that much less goes back with its units.
SELECT exists(SELECT 1 FROM orders_reimbursementline l WHERE l.order_line_id = NEW.order_line_id AND l.kind = 'credit')
  INTO is_credited;
short := CASE WHEN is_credited THEN 0
              WHEN NOT is_adjusted THEN NEW.quantity * price - NEW.amount - NEW.withheld
              WHEN taken + NEW.quantity = ordered THEN paid - back - NEW.amount - NEW.withheld
              ELSE 0 END;
IF short > 0 THEN
    SELECT coalesce(sum(p.amount - p.charged_back_amount), 0) INTO money
      FROM payments_payment p WHERE p.order_id = the_order AND p.role = 'order';
    SELECT money - coalesce(sum(r.amount), 0) INTO money
      FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
     WHERE p.order_id = the_order AND p.role = 'order' AND r.status <> 'failed';
    SELECT money - coalesce(sum(b.amount), 0) INTO money
      FROM orders_reimbursement b WHERE b.order_id = the_order AND b.status = 'owed';
END IF;
IF ordered IS NULL OR taken + NEW.quantity > ordered OR back + NEW.amount + NEW.withheld > paid
   OR short < 0 OR (short > 0 AND money >= short) THEN
    RAISE EXCEPTION 'percha: % units would go back of %', taken + NEW.quantity, ordered
        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_line_within_order';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_payment_d8040() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE paid numeric; taken numeric;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
                IF NEW.status = 'failed' THEN
                    RETURN NEW;
                END IF;
                SELECT amount INTO paid FROM payments_payment WHERE id = NEW.payment_id FOR UPDATE;
                SELECT coalesce(sum(amount), 0) INTO taken FROM payments_refund
                 WHERE payment_id = NEW.payment_id AND status <> 'failed' AND id <> NEW.id;
                IF taken + NEW.amount > paid THEN
                    RAISE EXCEPTION 'percha: refunds of % would exceed the payment of %', taken + NEW.amount, paid
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_payment';
                END IF;
                RETURN NEW;
                
                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_received_9ce27() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; the_order_line uuid; is_in varchar; announced int; received int; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT r.order_id, r.status, l.quantity, l.order_line_id INTO the_order, is_in, announced, the_order_line
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id WHERE l.id = NEW.line_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT coalesce(sum(quantity), 0) INTO received FROM orders_returnreceiptline WHERE line_id = NEW.line_id;

SELECT coalesce(sum(quantity), 0) INTO taken FROM orders_inspection WHERE line_id = NEW.line_id AND id <> NEW.id;
IF taken + NEW.quantity > received THEN
    RAISE EXCEPTION 'percha: % units inspected of % received', taken + NEW.quantity, received
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_inspected_within_received';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_sent_55142() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; is_in varchar; sent int; coming int; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT order_id, status INTO the_order, is_in FROM orders_claim WHERE id = NEW.claim_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT coalesce(sum(s.quantity), 0) INTO sent
  FROM orders_shipmentline s JOIN orders_shipment p ON p.id = s.shipment_id
 WHERE s.order_line_id = NEW.order_line_id AND p.order_id = the_order AND p.status IN ('shipped', 'delivered');
SELECT coalesce(sum(l.quantity), 0) INTO taken
  FROM orders_claimline l JOIN orders_claim c ON c.id = l.claim_id
 WHERE l.order_line_id = NEW.order_line_id AND c.status IN ('open', 'approved', 'resolved') AND l.id <> NEW.id;
SELECT coalesce(sum(
greatest(
    CASE WHEN r.status IN ('requested', 'approved') THEN l.quantity ELSE 0 END,
    coalesce((SELECT sum(c.quantity) FROM orders_returnreceiptline c WHERE c.line_id = l.id), 0)
  - coalesce((SELECT sum(i.quantity) FROM orders_inspection i
               WHERE i.line_id = l.id AND i.disposition = 'send_back'), 0),
    coalesce((SELECT sum(d.quantity)
                FROM orders_returndecisionline d JOIN orders_returndecision m ON m.id = d.decision_id
               WHERE d.line_id = l.id AND m.withdrawn_at IS NULL AND d.amount + d.withheld > 0), 0))
), 0) INTO coming
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id
 WHERE l.order_line_id = NEW.order_line_id AND NOT EXISTS (SELECT 1 FROM orders_claim c WHERE c.rma_id = r.id);
IF is_in <> 'open' OR greatest(taken, coming) + NEW.quantity > sent THEN
    RAISE EXCEPTION 'percha: % units claimed of % sent, % in returns (claim %)',
        taken + NEW.quantity, sent, coming, is_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'claim_line_within_sent';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_sent_6a669() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; the_order_line uuid; is_in varchar; announced int; received int; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT r.order_id, r.status, l.quantity, l.order_line_id INTO the_order, is_in, announced, the_order_line
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id WHERE l.id = NEW.line_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT coalesce(sum(quantity), 0) INTO received FROM orders_returnreceiptline WHERE line_id = NEW.line_id;

SELECT coalesce(sum(s.quantity), 0) INTO announced
  FROM orders_shipmentline s JOIN orders_shipment p ON p.id = s.shipment_id
 WHERE s.order_line_id = the_order_line AND p.status IN ('shipped', 'delivered');
SELECT coalesce((SELECT sum(c.quantity) FROM orders_returnreceiptline c JOIN orders_returnline l ON l.id = c.line_id
                  WHERE l.order_line_id = the_order_line AND c.id <> NEW.id), 0)
     - coalesce((SELECT sum(i.quantity) FROM orders_inspection i JOIN orders_returnline l ON l.id = i.line_id
                  WHERE l.order_line_id = the_order_line AND i.disposition = 'send_back'), 0) INTO taken;
IF is_in NOT IN ('approved', 'closed', 'expired', 'cancelled', 'rejected') OR taken + NEW.quantity > announced THEN
    RAISE EXCEPTION 'percha: % units received of % sent (return %)', taken + NEW.quantity, announced, is_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_received_within_sent';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_within_sent_bd313() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                DECLARE the_order uuid; is_in varchar; asked_by varchar; there int; taken int;
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    
SELECT order_id, status, origin INTO the_order, is_in, asked_by FROM orders_return WHERE id = NEW.rma_id;
PERFORM 1 FROM orders_order WHERE id = the_order FOR NO KEY UPDATE;
SELECT coalesce(sum(s.quantity), 0) INTO there
  FROM orders_shipmentline s JOIN orders_shipment p ON p.id = s.shipment_id
 WHERE s.order_line_id = NEW.order_line_id AND p.order_id = the_order
   AND (p.status = 'delivered' OR (p.status = 'shipped' AND asked_by = 'staff'));
SELECT coalesce(sum(
greatest(
    CASE WHEN r.status IN ('requested', 'approved') THEN l.quantity ELSE 0 END,
    coalesce((SELECT sum(c.quantity) FROM orders_returnreceiptline c WHERE c.line_id = l.id), 0)
  - coalesce((SELECT sum(i.quantity) FROM orders_inspection i
               WHERE i.line_id = l.id AND i.disposition = 'send_back'), 0),
    coalesce((SELECT sum(d.quantity)
                FROM orders_returndecisionline d JOIN orders_returndecision m ON m.id = d.decision_id
               WHERE d.line_id = l.id AND m.withdrawn_at IS NULL AND d.amount + d.withheld > 0), 0))
), 0) INTO taken
  FROM orders_returnline l JOIN orders_return r ON r.id = l.rma_id
 WHERE l.order_line_id = NEW.order_line_id AND l.id <> NEW.id;
IF is_in NOT IN ('requested', 'approved') OR taken + NEW.quantity > there THEN
    RAISE EXCEPTION 'percha: % units would come back of % sent (return %)', taken + NEW.quantity, there, is_in
        USING ERRCODE = 'check_violation', CONSTRAINT = 'return_line_within_sent';
END IF;
RETURN NEW;

                END;
            $$;

CREATE FUNCTION public.pgtrigger_worth_never_changes_36454() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
                
                BEGIN
                    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    RAISE EXCEPTION 'pgtrigger: Cannot update of "credit", "price", "fee", "replaced_id", "exchange_id", "claim_id" or delete rows from % table', TG_TABLE_NAME;
                END;
            $$;

CREATE FUNCTION public.reports_note_checkout() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO reports_reportchange (at) VALUES (NEW.created_at);
    RETURN NULL;
END $$;

CREATE FUNCTION public.reports_note_installment_of() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO reports_reportchange (order_id)
    SELECT plan.order_id FROM orders_installment AS i JOIN orders_installmentplan AS plan ON plan.id = i.plan_id
     WHERE i.id = NEW.installment_id;
    RETURN NULL;
END $$;

CREATE FUNCTION public.reports_note_order() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO reports_reportchange (order_id) VALUES (NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION public.reports_note_order_of() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.order_id IS NOT NULL THEN
        INSERT INTO reports_reportchange (order_id) VALUES (NEW.order_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION public.reports_note_payment_of() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO reports_reportchange (order_id)
    SELECT order_id FROM payments_payment WHERE id = NEW.payment_id AND order_id IS NOT NULL;
    RETURN NULL;
END $$;


SET default_table_access_method = heap;

CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);

ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_address (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    recipient character varying(161) NOT NULL,
    street character varying(200) NOT NULL,
    apartment character varying(60) NOT NULL,
    city character varying(100) NOT NULL,
    state character varying(100) NOT NULL,
    postal_code character varying(12) NOT NULL,
    country character varying(2) NOT NULL,
    phone character varying(30) NOT NULL,
    label character varying(40) NOT NULL,
    is_default boolean NOT NULL,
    user_id uuid NOT NULL
);

CREATE TABLE public.accounts_erasurerequest (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    status character varying(10) NOT NULL,
    origin character varying(10) NOT NULL,
    digest character varying(64) NOT NULL,
    sealed text NOT NULL,
    code_digest character varying(64) NOT NULL,
    code_until timestamp with time zone,
    code_tries smallint NOT NULL,
    language character varying(10) NOT NULL,
    obstacles jsonb NOT NULL,
    steps jsonb NOT NULL,
    next_try_at timestamp with time zone,
    done_at timestamp with time zone,
    CONSTRAINT accounts_erasurerequest_code_tries_check CHECK ((code_tries >= 0)),
    CONSTRAINT erasure_ended_names_nobody CHECK (((NOT ((status)::text = ANY (ARRAY[('done'::character varying)::text, ('cancelled'::character varying)::text]))) OR (sealed = ''::text)))
);

CREATE TABLE public.accounts_profile (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    first_name character varying(80) NOT NULL,
    last_name character varying(80) NOT NULL,
    phone character varying(30) NOT NULL,
    document_type character varying(10) NOT NULL,
    document_number character varying(30) NOT NULL,
    language character varying(10) NOT NULL,
    user_id uuid NOT NULL
);

CREATE TABLE public.accounts_refreshtoken (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    jti character varying(36) NOT NULL,
    previous_jti character varying(36) NOT NULL,
    rotated_at timestamp with time zone NOT NULL,
    device_id bigint NOT NULL
);

CREATE SEQUENCE public.accounts_user_public_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.accounts_user (
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    public_number bigint DEFAULT nextval('public.accounts_user_public_number'::regclass) NOT NULL
);

CREATE TABLE public.accounts_user_groups (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    group_id integer NOT NULL
);

ALTER TABLE public.accounts_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.accounts_user_user_permissions (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.accounts_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.accounts_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);

ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);

ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_accesscode (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(32) NOT NULL,
    note character varying(120) NOT NULL,
    opens_at timestamp with time zone,
    expires_at timestamp with time zone,
    max_uses integer,
    uses integer NOT NULL,
    is_active boolean NOT NULL,
    collection_id uuid NOT NULL,
    CONSTRAINT accesscode_uses_within_limit CHECK (((max_uses IS NULL) OR (uses <= max_uses))),
    CONSTRAINT catalog_accesscode_max_uses_check CHECK ((max_uses >= 0)),
    CONSTRAINT catalog_accesscode_uses_check CHECK ((uses >= 0))
);

CREATE TABLE public.catalog_accessgrant (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    cart_id uuid,
    actor character varying(150) NOT NULL,
    code_id uuid,
    collection_id uuid NOT NULL,
    user_id uuid,
    CONSTRAINT accessgrant_one_owner CHECK ((((cart_id IS NOT NULL) AND (user_id IS NULL)) OR ((cart_id IS NULL) AND (user_id IS NOT NULL))))
);

CREATE TABLE public.catalog_brand (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(100) NOT NULL,
    slug character varying(120) NOT NULL,
    description text NOT NULL
);

CREATE TABLE public.catalog_catalogchange (
    id bigint NOT NULL,
    changes bigint DEFAULT 1 NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    product_id uuid
);

ALTER TABLE public.catalog_catalogchange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_catalogchange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_category (
    id bigint NOT NULL,
    path character varying(255) NOT NULL,
    depth integer NOT NULL,
    numchild integer NOT NULL,
    name character varying(80) NOT NULL,
    slug character varying(80) NOT NULL,
    path_slug character varying(250) NOT NULL,
    description text NOT NULL,
    size_guide jsonb NOT NULL,
    is_active boolean NOT NULL,
    CONSTRAINT catalog_category_depth_check CHECK ((depth >= 0)),
    CONSTRAINT catalog_category_numchild_check CHECK ((numchild >= 0))
);

ALTER TABLE public.catalog_category ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_category_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_collection (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(100) NOT NULL,
    slug character varying(120) NOT NULL,
    kind character varying(10) NOT NULL,
    tagline character varying(120) NOT NULL,
    description text NOT NULL,
    hero_image character varying(100) NOT NULL,
    hero_colour character varying(7) NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    is_active boolean NOT NULL,
    sort_order smallint NOT NULL,
    hero_height integer,
    hero_width integer,
    hero_focus_x smallint DEFAULT 50 NOT NULL,
    hero_focus_y smallint DEFAULT 50 NOT NULL,
    hero_renditions jsonb,
    CONSTRAINT catalog_collection_hero_focus_x_check CHECK ((hero_focus_x >= 0)),
    CONSTRAINT catalog_collection_hero_focus_y_check CHECK ((hero_focus_y >= 0)),
    CONSTRAINT catalog_collection_hero_height_check CHECK ((hero_height >= 0)),
    CONSTRAINT catalog_collection_hero_width_check CHECK ((hero_width >= 0)),
    CONSTRAINT catalog_collection_sort_order_check CHECK ((sort_order >= 0)),
    CONSTRAINT collection_window_ordered CHECK (((starts_at IS NULL) OR (ends_at IS NULL) OR (ends_at > starts_at)))
);

CREATE TABLE public.catalog_collectionproduct (
    id bigint NOT NULL,
    sort_order integer NOT NULL,
    collection_id uuid NOT NULL,
    product_id uuid NOT NULL,
    CONSTRAINT catalog_collectionproduct_sort_order_check CHECK ((sort_order >= 0))
);

ALTER TABLE public.catalog_collectionproduct ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_collectionproduct_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_customergroup (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(80) NOT NULL,
    note character varying(200) NOT NULL
);

CREATE TABLE public.catalog_customergroup_members (
    id bigint NOT NULL,
    customergroup_id uuid NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE public.catalog_customergroup_members ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_customergroup_members_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_earlyopening (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    opens_at timestamp with time zone NOT NULL,
    collection_id uuid NOT NULL,
    group_id uuid NOT NULL
);

CREATE TABLE public.catalog_formeraddress (
    id bigint NOT NULL,
    kind character varying(10) NOT NULL,
    slug character varying(250) NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    category_id bigint,
    collection_id uuid,
    product_id uuid,
    CONSTRAINT formeraddress_of_one CHECK ((((category_id IS NULL) AND (collection_id IS NULL) AND ((kind)::text = 'product'::text) AND (product_id IS NOT NULL)) OR ((category_id IS NOT NULL) AND (collection_id IS NULL) AND ((kind)::text = 'category'::text) AND (product_id IS NULL)) OR ((category_id IS NULL) AND (collection_id IS NOT NULL) AND ((kind)::text = 'collection'::text) AND (product_id IS NULL))))
);

ALTER TABLE public.catalog_formeraddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_formeraddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_listing (
    ordinal bigint NOT NULL,
    product_id uuid NOT NULL,
    colour_id uuid,
    is_shown boolean DEFAULT true NOT NULL,
    is_lead boolean DEFAULT false NOT NULL,
    name character varying(120) NOT NULL,
    price numeric(14,2),
    price_before numeric(14,2),
    published_at timestamp with time zone NOT NULL,
    sold_30d integer DEFAULT 0 NOT NULL,
    units integer DEFAULT 0 NOT NULL,
    brand_id uuid,
    category_ids bigint[] NOT NULL,
    collection_ids uuid[] NOT NULL,
    value_ids uuid[] NOT NULL,
    in_stock_ids uuid[] NOT NULL,
    words text[] NOT NULL,
    card jsonb NOT NULL,
    document tsvector NOT NULL,
    fingerprint character varying(64) NOT NULL,
    revision bigint DEFAULT 0 NOT NULL
);

ALTER TABLE public.catalog_listing ALTER COLUMN ordinal ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_listing_ordinal_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE public.catalog_listing_revision
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.catalog_listingmark (
    id bigint NOT NULL,
    kind character varying(10) NOT NULL,
    key character varying(40) NOT NULL,
    made_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL
);

ALTER TABLE public.catalog_listingmark ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_listingmark_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_listingstate (
    id smallint NOT NULL,
    shape character varying(80) NOT NULL
);

CREATE TABLE public.catalog_lowstockhint (
    id smallint NOT NULL,
    units smallint NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.catalog_option (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    name character varying(60) NOT NULL,
    kind character varying(10) NOT NULL,
    sort_order smallint NOT NULL,
    CONSTRAINT catalog_option_sort_order_check CHECK ((sort_order >= 0))
);

CREATE TABLE public.catalog_optionvalue (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(60) NOT NULL,
    name character varying(60) NOT NULL,
    swatch character varying(7) NOT NULL,
    sort_order smallint NOT NULL,
    option_id uuid NOT NULL,
    CONSTRAINT catalog_optionvalue_sort_order_check CHECK ((sort_order >= 0))
);

CREATE TABLE public.catalog_pricechange (
    id bigint NOT NULL,
    price numeric(14,2) NOT NULL,
    compare_at_price numeric(14,2),
    changed_at timestamp with time zone NOT NULL,
    variant_id uuid NOT NULL
);

ALTER TABLE public.catalog_pricechange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_pricechange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_product (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(120) NOT NULL,
    slug character varying(140) NOT NULL,
    summary character varying(200) NOT NULL,
    description text NOT NULL,
    care text NOT NULL,
    is_active boolean NOT NULL,
    published_at timestamp with time zone,
    brand_id uuid NOT NULL,
    category_id bigint NOT NULL,
    supplier_id uuid
);

CREATE TABLE public.catalog_product_options (
    id bigint NOT NULL,
    product_id uuid NOT NULL,
    option_id uuid NOT NULL
);

ALTER TABLE public.catalog_product_options ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_product_options_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_productimage (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    file character varying(100) NOT NULL,
    view character varying(10) NOT NULL,
    alt character varying(200) NOT NULL,
    sort_order smallint NOT NULL,
    colour_id uuid,
    product_id uuid NOT NULL,
    height integer,
    width integer,
    focus_x smallint DEFAULT 50 NOT NULL,
    focus_y smallint DEFAULT 50 NOT NULL,
    renditions jsonb,
    video character varying(100) NOT NULL,
    CONSTRAINT catalog_productimage_focus_x_check CHECK ((focus_x >= 0)),
    CONSTRAINT catalog_productimage_focus_y_check CHECK ((focus_y >= 0)),
    CONSTRAINT catalog_productimage_height_check CHECK ((height >= 0)),
    CONSTRAINT catalog_productimage_sort_order_check CHECK ((sort_order >= 0)),
    CONSTRAINT catalog_productimage_width_check CHECK ((width >= 0))
);

CREATE TABLE public.catalog_searchdeletion (
    id bigint NOT NULL,
    deletion character varying(60) NOT NULL,
    word character varying(60) NOT NULL
);

ALTER TABLE public.catalog_searchdeletion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_searchdeletion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_searchmiss (
    id bigint NOT NULL,
    day date NOT NULL,
    text character varying(100) NOT NULL,
    corrected character varying(100) NOT NULL,
    count integer NOT NULL,
    CONSTRAINT catalog_searchmiss_count_check CHECK ((count >= 0))
);

ALTER TABLE public.catalog_searchmiss ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_searchmiss_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_searchsnapshot (
    id smallint NOT NULL,
    revision bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    data bytea NOT NULL
);

CREATE TABLE public.catalog_searchsynonyms (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    country character varying(2) NOT NULL,
    words character varying(300) NOT NULL,
    is_active boolean NOT NULL
);

CREATE TABLE public.catalog_searchword (
    word character varying(60) NOT NULL,
    weight integer NOT NULL
);

CREATE TABLE public.catalog_supplier (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(120) NOT NULL,
    contact_name character varying(120) NOT NULL,
    email character varying(254) NOT NULL,
    phone character varying(30) NOT NULL,
    address character varying(250) NOT NULL,
    tax_id character varying(30) NOT NULL,
    notes text NOT NULL
);

CREATE SEQUENCE public.catalog_variant_public_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.catalog_variant (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sku character varying(60) NOT NULL,
    barcode character varying(32) NOT NULL,
    name character varying(120) NOT NULL,
    price numeric(14,2) NOT NULL,
    compare_at_price numeric(14,2),
    weight_grams integer NOT NULL,
    max_per_order smallint,
    is_active boolean NOT NULL,
    sort_order integer NOT NULL,
    product_id uuid NOT NULL,
    public_number bigint DEFAULT nextval('public.catalog_variant_public_number'::regclass) NOT NULL,
    height_mm integer DEFAULT 0 NOT NULL,
    length_mm integer DEFAULT 0 NOT NULL,
    width_mm integer DEFAULT 0 NOT NULL,
    CONSTRAINT catalog_variant_height_mm_check CHECK ((height_mm >= 0)),
    CONSTRAINT catalog_variant_length_mm_check CHECK ((length_mm >= 0)),
    CONSTRAINT catalog_variant_max_per_order_check CHECK ((max_per_order >= 0)),
    CONSTRAINT catalog_variant_sort_order_check CHECK ((sort_order >= 0)),
    CONSTRAINT catalog_variant_weight_grams_check CHECK ((weight_grams >= 0)),
    CONSTRAINT catalog_variant_width_mm_check CHECK ((width_mm >= 0)),
    CONSTRAINT variant_barcode_plain CHECK (((barcode)::text ~ '^[!-~¡-¬®-ÖØ-ƿǄ-ɏ]*$'::text)),
    CONSTRAINT variant_compare_at_above_price CHECK (((compare_at_price IS NULL) OR (compare_at_price > price))),
    CONSTRAINT variant_max_per_order_positive CHECK (((max_per_order IS NULL) OR (max_per_order > 0))),
    CONSTRAINT variant_price_positive CHECK ((price > (0)::numeric)),
    CONSTRAINT variant_sku_plain CHECK ((((sku)::text ~ '^[!-~¡-¬®-ÖØ-ƿǄ-ɏ]*$'::text) AND (NOT ((sku)::text = ''::text))))
);

CREATE TABLE public.catalog_variantvalue (
    id bigint NOT NULL,
    option_id uuid NOT NULL,
    value_id uuid NOT NULL,
    variant_id uuid NOT NULL
);

ALTER TABLE public.catalog_variantvalue ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.catalog_variantvalue_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.catalog_waitingentry (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    email character varying(254) NOT NULL,
    language character varying(10) NOT NULL,
    status character varying(10) NOT NULL,
    token character varying(43) NOT NULL,
    confirmed_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    notified_at timestamp with time zone,
    offered_until timestamp with time zone,
    claimed_at timestamp with time zone,
    collection_id uuid,
    user_id uuid,
    variant_id uuid,
    mailbox character varying(254) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT waitingentry_one_subject CHECK ((((collection_id IS NULL) AND (variant_id IS NOT NULL)) OR ((collection_id IS NOT NULL) AND (variant_id IS NULL)))),
    CONSTRAINT waitingentry_place_in_line CHECK (((NOT ((status)::text = 'confirmed'::text)) OR (confirmed_at IS NOT NULL)))
);

CREATE TABLE public.core_counter (
    name character varying(80) NOT NULL,
    value bigint NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_emaillog (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(60) NOT NULL,
    dedupe_key character varying(150) NOT NULL,
    "to" character varying(254) NOT NULL,
    subject character varying(300) NOT NULL,
    text text NOT NULL,
    html text NOT NULL,
    language character varying(10) NOT NULL,
    trail uuid,
    status character varying(10) NOT NULL,
    attempts smallint NOT NULL,
    error text NOT NULL,
    next_try_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    user_id uuid,
    has_secrets boolean NOT NULL,
    sealed text NOT NULL,
    unanswered smallint NOT NULL,
    CONSTRAINT core_emaillog_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT core_emaillog_unanswered_check CHECK ((unanswered >= 0))
);

CREATE TABLE public.core_event (
    id uuid NOT NULL,
    subject_type character varying(60) NOT NULL,
    subject_id uuid NOT NULL,
    trail uuid,
    kind character varying(60) NOT NULL,
    field character varying(40) NOT NULL,
    from_state character varying(40) NOT NULL,
    to_state character varying(40) NOT NULL,
    actor character varying(150) NOT NULL,
    reason character varying(300) NOT NULL,
    data jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_idempotencykey (
    id uuid NOT NULL,
    scope character varying(50) NOT NULL,
    key character varying(150) NOT NULL,
    result_id uuid,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE public.core_jobrun (
    id uuid NOT NULL,
    job character varying(60) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    is_ok boolean,
    result jsonb NOT NULL,
    error text NOT NULL
);

CREATE TABLE public.core_outgoingattempt (
    id uuid NOT NULL,
    tried_at timestamp with time zone NOT NULL,
    status_code smallint,
    milliseconds integer NOT NULL,
    answer text NOT NULL,
    error character varying(300) NOT NULL,
    delivery_id uuid NOT NULL,
    CONSTRAINT core_outgoingattempt_milliseconds_check CHECK ((milliseconds >= 0)),
    CONSTRAINT core_outgoingattempt_status_code_check CHECK ((status_code >= 0))
);

CREATE TABLE public.core_outgoingdelivery (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    status character varying(10) NOT NULL,
    attempts smallint NOT NULL,
    next_try_at timestamp with time zone,
    begun_at timestamp with time zone NOT NULL,
    began_with smallint NOT NULL,
    delivered_at timestamp with time zone,
    endpoint_id uuid NOT NULL,
    message_id uuid NOT NULL,
    CONSTRAINT core_outgoingdelivery_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT core_outgoingdelivery_began_with_check CHECK ((began_with >= 0)),
    CONSTRAINT outgoingdelivery_due_while_pending CHECK (((((status)::text = 'pending'::text) OR (next_try_at IS NULL)) AND (1 = (
CASE
    WHEN ((status)::text = 'pending'::text) THEN 1
    ELSE 0
END +
CASE
    WHEN (next_try_at IS NULL) THEN 1
    ELSE 0
END))))
);

CREATE TABLE public.core_outgoingendpoint (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    url character varying(500) NOT NULL,
    description character varying(120) NOT NULL,
    types character varying(60)[] NOT NULL,
    status character varying(10) NOT NULL,
    disabled_why character varying(10) NOT NULL,
    sealed text NOT NULL,
    sealed_before text NOT NULL,
    before_until timestamp with time zone,
    dead integer NOT NULL,
    silent integer NOT NULL,
    paused_until timestamp with time zone,
    served_until timestamp with time zone,
    last_success_at timestamp with time zone,
    CONSTRAINT core_outgoingendpoint_dead_check CHECK ((dead >= 0)),
    CONSTRAINT core_outgoingendpoint_silent_check CHECK ((silent >= 0))
);

CREATE TABLE public.core_outgoingmessage (
    id uuid NOT NULL,
    type character varying(60) NOT NULL,
    data jsonb NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    once character varying(150)
);

CREATE TABLE public.core_storedanswer (
    id uuid NOT NULL,
    owner character varying(60) NOT NULL,
    method character varying(7) NOT NULL,
    path character varying(300) NOT NULL,
    key character varying(255) NOT NULL,
    digest character varying(64) NOT NULL,
    state character varying(8) NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    claimed_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT core_storedanswer_status_check CHECK ((status >= 0))
);

CREATE TABLE public.django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id uuid NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);

ALTER TABLE public.django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);

ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);

ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);

CREATE TABLE public.inventory_alertfiring (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(10) NOT NULL,
    figure integer NOT NULL,
    threshold integer NOT NULL,
    triggered_at timestamp with time zone NOT NULL,
    recovered_at timestamp with time zone,
    variant_id uuid NOT NULL,
    alert_id uuid
);

CREATE TABLE public.inventory_exportjob (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    contents character varying(10) NOT NULL,
    form character varying(15) NOT NULL,
    filters jsonb NOT NULL,
    about character varying(200) NOT NULL,
    language character varying(10) NOT NULL,
    status character varying(10) NOT NULL,
    file_name character varying(120) NOT NULL,
    row_count integer NOT NULL,
    part_count integer NOT NULL,
    byte_count bigint NOT NULL,
    refusal character varying(500) NOT NULL,
    attempts smallint NOT NULL,
    actor character varying(150) NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT inventory_exportjob_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT inventory_exportjob_byte_count_check CHECK ((byte_count >= 0)),
    CONSTRAINT inventory_exportjob_part_count_check CHECK ((part_count >= 0)),
    CONSTRAINT inventory_exportjob_row_count_check CHECK ((row_count >= 0))
);

CREATE TABLE public.inventory_exportpart (
    id bigint NOT NULL,
    place integer NOT NULL,
    content bytea NOT NULL,
    job_id uuid NOT NULL,
    CONSTRAINT inventory_exportpart_place_check CHECK ((place >= 0))
);

ALTER TABLE public.inventory_exportpart ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.inventory_exportpart_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.inventory_importedrow (
    id bigint NOT NULL,
    "row" integer NOT NULL,
    act character varying(10) NOT NULL,
    reference character varying(120) NOT NULL,
    quantity integer NOT NULL,
    level_id uuid NOT NULL,
    movement_id bigint,
    job_id uuid NOT NULL,
    CONSTRAINT inventory_importedrow_row_check CHECK (("row" >= 0))
);

ALTER TABLE public.inventory_importedrow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.inventory_importedrow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.inventory_importissue (
    id bigint NOT NULL,
    "row" integer NOT NULL,
    "column" character varying(80) NOT NULL,
    value character varying(120) NOT NULL,
    words character varying(400) NOT NULL,
    job_id uuid NOT NULL,
    CONSTRAINT inventory_importissue_row_check CHECK (("row" >= 0))
);

ALTER TABLE public.inventory_importissue ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.inventory_importissue_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.inventory_importjob (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(10) NOT NULL,
    status character varying(10) NOT NULL,
    file_name character varying(200) NOT NULL,
    content bytea NOT NULL,
    language character varying(10) NOT NULL,
    read_as character varying(120) NOT NULL,
    row_count integer NOT NULL,
    created_count integer NOT NULL,
    changed_count integer NOT NULL,
    unchanged_count integer NOT NULL,
    issue_count integer NOT NULL,
    preview jsonb NOT NULL,
    refusal character varying(500) NOT NULL,
    attempts smallint NOT NULL,
    actor character varying(150) NOT NULL,
    confirmed_by character varying(150) NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT inventory_importjob_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT inventory_importjob_changed_count_check CHECK ((changed_count >= 0)),
    CONSTRAINT inventory_importjob_created_count_check CHECK ((created_count >= 0)),
    CONSTRAINT inventory_importjob_issue_count_check CHECK ((issue_count >= 0)),
    CONSTRAINT inventory_importjob_row_count_check CHECK ((row_count >= 0)),
    CONSTRAINT inventory_importjob_unchanged_count_check CHECK ((unchanged_count >= 0))
);

CREATE TABLE public.inventory_location (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(80) NOT NULL,
    code character varying(30) NOT NULL,
    kind character varying(12) NOT NULL,
    priority smallint NOT NULL,
    is_sellable boolean NOT NULL,
    address character varying(200) NOT NULL,
    CONSTRAINT inventory_location_priority_check CHECK ((priority >= 0))
);

CREATE TABLE public.inventory_purchaseorder (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number character varying(20) NOT NULL,
    status character varying(10) NOT NULL,
    expected_date date,
    note character varying(300) NOT NULL,
    ordered_at timestamp with time zone,
    ended_at timestamp with time zone,
    location_id uuid NOT NULL,
    supplier_id uuid NOT NULL
);

CREATE TABLE public.inventory_purchaseorderline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    unit_cost numeric(14,2),
    received integer NOT NULL,
    order_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    CONSTRAINT inventory_purchaseorderline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT inventory_purchaseorderline_received_check CHECK ((received >= 0)),
    CONSTRAINT purchaseorderline_cost_not_negative CHECK ((unit_cost >= (0)::numeric)),
    CONSTRAINT purchaseorderline_quantity_positive CHECK ((quantity > 0))
);

CREATE TABLE public.inventory_purchasereceipt (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    delivery_note character varying(60) NOT NULL,
    note character varying(300) NOT NULL,
    actor character varying(150) NOT NULL,
    order_id uuid NOT NULL
);

CREATE TABLE public.inventory_purchasereceiptline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    over integer NOT NULL,
    unit_cost numeric(14,2) NOT NULL,
    line_id uuid NOT NULL,
    receipt_id uuid NOT NULL,
    CONSTRAINT inventory_purchasereceiptline_over_check CHECK ((over >= 0)),
    CONSTRAINT inventory_purchasereceiptline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT purchasereceiptline_quantities CHECK (((quantity > 0) AND (over <= quantity)))
);

CREATE TABLE public.inventory_reservation (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    status character varying(10) NOT NULL,
    purpose character varying(10) NOT NULL,
    cart_id uuid,
    checkout_id uuid,
    first_held_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    end_reason character varying(40) NOT NULL,
    note character varying(300) NOT NULL,
    actor character varying(150) NOT NULL,
    location_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    level_id uuid NOT NULL,
    ended_by character varying(150) NOT NULL,
    owner character varying(150) DEFAULT ''::character varying NOT NULL,
    source_ip bigint,
    source_network bigint,
    source_email bigint,
    source_account uuid,
    CONSTRAINT inventory_reservation_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT reservation_has_owner CHECK ((((purpose)::text = 'manual'::text) OR (cart_id IS NOT NULL) OR (checkout_id IS NOT NULL))),
    CONSTRAINT reservation_quantity_positive CHECK ((quantity > 0))
);

CREATE TABLE public.inventory_stockalert (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(10) NOT NULL,
    threshold integer,
    email character varying(254) NOT NULL,
    is_active boolean NOT NULL,
    last_triggered_at timestamp with time zone,
    category_id bigint,
    variant_id uuid,
    CONSTRAINT inventory_stockalert_threshold_check CHECK ((threshold >= 0)),
    CONSTRAINT stockalert_out_is_zero CHECK (((NOT ((kind)::text = 'out'::text)) OR (threshold IS NULL))),
    CONSTRAINT stockalert_variant_or_category CHECK ((((variant_id IS NULL) OR (category_id IS NULL)) AND (1 = (
CASE
    WHEN (variant_id IS NULL) THEN 1
    ELSE 0
END +
CASE
    WHEN (category_id IS NULL) THEN 1
    ELSE 0
END))))
);

CREATE TABLE public.inventory_stockcheck (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    rule_count smallint NOT NULL,
    violation_count integer NOT NULL,
    actor character varying(150) NOT NULL,
    CONSTRAINT inventory_stockcheck_rule_count_check CHECK ((rule_count >= 0)),
    CONSTRAINT inventory_stockcheck_violation_count_check CHECK ((violation_count >= 0))
);

CREATE TABLE public.inventory_stockcount (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number character varying(20) NOT NULL,
    status character varying(10) NOT NULL,
    note character varying(300) NOT NULL,
    frozen_at timestamp with time zone NOT NULL,
    opened_by character varying(150) NOT NULL,
    submitted_by character varying(150) NOT NULL,
    submitted_at timestamp with time zone,
    approved_by character varying(150) NOT NULL,
    approved_at timestamp with time zone,
    category_id bigint,
    location_id uuid NOT NULL
);

CREATE TABLE public.inventory_stockcountentry (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    source character varying(5) NOT NULL,
    quantity integer NOT NULL,
    adds boolean NOT NULL,
    book integer NOT NULL,
    counted_at timestamp with time zone NOT NULL,
    actor character varying(150) NOT NULL,
    key character varying(64) NOT NULL,
    line_id uuid NOT NULL,
    CONSTRAINT stockcountentry_figure_not_negative CHECK ((adds OR (quantity >= 0)))
);

CREATE TABLE public.inventory_stockcountline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    expected integer NOT NULL,
    counted integer,
    book integer,
    counted_at timestamp with time zone,
    counted_by character varying(150) NOT NULL,
    moved_meanwhile boolean NOT NULL,
    is_unexpected boolean NOT NULL,
    is_open boolean NOT NULL,
    level_id uuid NOT NULL,
    stock_count_id uuid NOT NULL,
    CONSTRAINT inventory_stockcountline_counted_check CHECK ((counted >= 0)),
    CONSTRAINT stockcountline_counted_with_book CHECK ((((book IS NULL) AND (counted IS NULL)) OR ((book IS NOT NULL) AND (counted IS NOT NULL))))
);

CREATE TABLE public.inventory_stocklevel (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    on_hand integer NOT NULL,
    reserved integer NOT NULL,
    minimum integer NOT NULL,
    optimal integer NOT NULL,
    bin character varying(40) NOT NULL,
    location_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    CONSTRAINT inventory_stocklevel_minimum_check CHECK ((minimum >= 0)),
    CONSTRAINT inventory_stocklevel_optimal_check CHECK ((optimal >= 0)),
    CONSTRAINT stocklevel_on_hand_not_negative CHECK ((on_hand >= 0)),
    CONSTRAINT stocklevel_reserved_not_negative CHECK ((reserved >= 0)),
    CONSTRAINT stocklevel_reserved_within_on_hand CHECK ((reserved <= on_hand))
);

CREATE TABLE public.inventory_stockmovement (
    id bigint NOT NULL,
    kind character varying(16) NOT NULL,
    quantity integer NOT NULL,
    unit_cost numeric(14,2),
    reference character varying(120) NOT NULL,
    cause_type character varying(60) NOT NULL,
    cause_id uuid,
    note character varying(300) NOT NULL,
    actor character varying(150) NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    on_hand_after integer NOT NULL,
    level_id uuid NOT NULL,
    location_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    CONSTRAINT stockmovement_quantity_not_zero CHECK ((NOT (quantity = 0))),
    CONSTRAINT stockmovement_sign_fits_kind CHECK ((((kind)::text = ANY (ARRAY[('adjustment'::character varying)::text, ('count'::character varying)::text])) OR (((kind)::text = ANY (ARRAY[('purchase'::character varying)::text, ('customer_return'::character varying)::text, ('transfer_in'::character varying)::text])) AND (quantity > 0)) OR (((kind)::text = ANY (ARRAY[('sale'::character varying)::text, ('supplier_return'::character varying)::text, ('loss'::character varying)::text, ('transfer_out'::character varying)::text])) AND (quantity < 0))))
);

ALTER TABLE public.inventory_stockmovement ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.inventory_stockmovement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.inventory_stockrepair (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    figure character varying(8) NOT NULL,
    before integer NOT NULL,
    after integer NOT NULL,
    reason character varying(300) NOT NULL,
    actor character varying(150) NOT NULL,
    level_id uuid NOT NULL,
    CONSTRAINT stockrepair_changes_something CHECK ((NOT (before = after))),
    CONSTRAINT stockrepair_says_why CHECK ((NOT ((reason)::text = ''::text)))
);

CREATE TABLE public.inventory_stockviolation (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    rule character varying(120) NOT NULL,
    subject_type character varying(60) NOT NULL,
    subject_id character varying(60) NOT NULL,
    expected character varying(200) NOT NULL,
    found character varying(200) NOT NULL,
    explanation text NOT NULL,
    level_id uuid,
    stock_check_id uuid NOT NULL,
    code character varying(40) NOT NULL,
    told jsonb NOT NULL,
    answers jsonb DEFAULT '{}'::jsonb NOT NULL
);

CREATE TABLE public.inventory_transfer (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number character varying(20) NOT NULL,
    status character varying(8) NOT NULL,
    reference character varying(120) NOT NULL,
    note character varying(300) NOT NULL,
    actor character varying(150) NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    destination_id uuid NOT NULL,
    source_id uuid NOT NULL,
    CONSTRAINT transfer_between_two_places CHECK ((NOT (source_id = destination_id))),
    CONSTRAINT transfer_closed_at_when_closed CHECK ((((closed_at IS NOT NULL) AND ((status)::text = 'closed'::text)) OR ((NOT ((status)::text = 'closed'::text)) AND (closed_at IS NULL))))
);

CREATE TABLE public.inventory_transferline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sent integer NOT NULL,
    received integer NOT NULL,
    lost integer NOT NULL,
    returned integer NOT NULL,
    transfer_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    CONSTRAINT inventory_transferline_lost_check CHECK ((lost >= 0)),
    CONSTRAINT inventory_transferline_received_check CHECK ((received >= 0)),
    CONSTRAINT inventory_transferline_returned_check CHECK ((returned >= 0)),
    CONSTRAINT inventory_transferline_sent_check CHECK ((sent >= 0)),
    CONSTRAINT transferline_arrives_once CHECK ((sent >= ((received + lost) + returned))),
    CONSTRAINT transferline_sent_positive CHECK ((sent > 0))
);

CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);

ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_addresssnapshot (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    recipient character varying(161) NOT NULL,
    street character varying(200) NOT NULL,
    apartment character varying(60) NOT NULL,
    city character varying(100) NOT NULL,
    state character varying(100) NOT NULL,
    postal_code character varying(12) NOT NULL,
    country character varying(2) NOT NULL,
    phone character varying(30) NOT NULL
);

CREATE TABLE public.orders_cancellation (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    by character varying(8) NOT NULL,
    actor character varying(150) NOT NULL,
    reason character varying(20) NOT NULL,
    note character varying(200) NOT NULL,
    is_whole boolean NOT NULL,
    dedupe_key character varying(150) NOT NULL,
    order_id uuid NOT NULL,
    reimbursement_id uuid
);

CREATE TABLE public.orders_cancellationline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    cancellation_id uuid NOT NULL,
    order_line_id uuid NOT NULL,
    CONSTRAINT cancellationline_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT orders_cancellationline_quantity_check CHECK ((quantity >= 0))
);

CREATE TABLE public.orders_carrierbranch (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    carrier character varying(20) NOT NULL,
    country character varying(2) NOT NULL,
    asked_code character varying(12) NOT NULL,
    code character varying(60) NOT NULL,
    name character varying(200) NOT NULL,
    address character varying(200) NOT NULL,
    city character varying(100) NOT NULL,
    postal_code character varying(12) NOT NULL,
    hours character varying(200) NOT NULL,
    rank smallint NOT NULL,
    refreshed_at timestamp with time zone NOT NULL,
    CONSTRAINT orders_carrierbranch_rank_check CHECK ((rank >= 0))
);

CREATE TABLE public.orders_cart (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    token character varying(43) NOT NULL,
    user_id uuid,
    buyer_id uuid
);

CREATE TABLE public.orders_cartline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    seen_price numeric(14,2) NOT NULL,
    cart_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    CONSTRAINT cartline_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT orders_cartline_quantity_check CHECK ((quantity >= 0))
);

CREATE TABLE public.orders_checkoutadjustment (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    "position" smallint NOT NULL,
    kind character varying(40) NOT NULL,
    source character varying(120) NOT NULL,
    label character varying(210) NOT NULL,
    target character varying(10) NOT NULL,
    unit integer NOT NULL,
    amount numeric(14,2) NOT NULL,
    tax numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    checkout_id uuid NOT NULL,
    line_id uuid,
    CONSTRAINT checkoutadjustment_belongs_somewhere CHECK ((((line_id IS NOT NULL) AND ((target)::text = 'line'::text)) OR ((line_id IS NULL) AND ((target)::text = ANY (ARRAY[('shipping'::character varying)::text, ('order'::character varying)::text])) AND (unit = 0)))),
    CONSTRAINT checkoutadjustment_of_order_not_negative CHECK (((NOT ((target)::text = 'order'::text)) OR (amount >= (0)::numeric))),
    CONSTRAINT orders_checkoutadjustment_position_check CHECK (("position" >= 0)),
    CONSTRAINT orders_checkoutadjustment_unit_check CHECK ((unit >= 0))
);

CREATE TABLE public.orders_checkoutline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sku character varying(60) NOT NULL,
    name character varying(260) NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric(14,2) NOT NULL,
    total numeric(14,2) NOT NULL,
    weight_grams integer NOT NULL,
    image character varying(300) NOT NULL,
    variant_id uuid,
    checkout_id uuid NOT NULL,
    CONSTRAINT checkoutline_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT checkoutline_total_adds_up CHECK ((total = (unit_price * (quantity)::numeric))),
    CONSTRAINT orders_checkoutline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT orders_checkoutline_weight_grams_check CHECK ((weight_grams >= 0))
);

CREATE TABLE public.orders_checkoutsession (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    email character varying(254) NOT NULL,
    first_name character varying(80) NOT NULL,
    last_name character varying(80) NOT NULL,
    phone character varying(30) NOT NULL,
    document_type character varying(10) NOT NULL,
    document_number character varying(30) NOT NULL,
    language character varying(10) NOT NULL,
    currency character varying(3) NOT NULL,
    subtotal numeric(14,2) NOT NULL,
    shipping_total numeric(14,2) NOT NULL,
    total numeric(14,2) NOT NULL,
    token character varying(43) NOT NULL,
    status character varying(20) NOT NULL,
    shipping_name character varying(210) NOT NULL,
    accepted_terms_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    billing_address_id uuid,
    cart_id uuid,
    shipping_address_id uuid,
    user_id uuid,
    shipping_rate_id uuid,
    adjustment_total numeric(14,2) DEFAULT 0.00 NOT NULL,
    payment_way character varying(20) DEFAULT ''::character varying NOT NULL,
    quote_id uuid,
    payment_method_id uuid,
    branch_code character varying(60) DEFAULT ''::character varying NOT NULL,
    branch_name character varying(200) DEFAULT ''::character varying NOT NULL,
    shipping_quote_id uuid,
    tax_condition character varying(10) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT checkoutsession_sums_not_negative CHECK (((shipping_total >= (0)::numeric) AND (subtotal >= (0)::numeric))),
    CONSTRAINT checkoutsession_total_adds_up CHECK (((total = ((subtotal + shipping_total) + adjustment_total)) AND (total >= (0)::numeric)))
)
WITH (fillfactor='70');

CREATE TABLE public.orders_claim (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    ordinal smallint NOT NULL,
    status character varying(9) NOT NULL,
    reason character varying(20) NOT NULL,
    wish character varying(8) NOT NULL,
    origin character varying(8) NOT NULL,
    note text NOT NULL,
    email character varying(254) NOT NULL,
    language character varying(10) NOT NULL,
    outcome character varying(8) NOT NULL,
    partial_amount numeric(14,2),
    answer character varying(300) NOT NULL,
    approved_at timestamp with time zone,
    ended_at timestamp with time zone,
    attention_since timestamp with time zone,
    attention_reason character varying(300) NOT NULL,
    dedupe_key character varying(150) NOT NULL,
    order_id uuid NOT NULL,
    reimbursement_id uuid,
    rma_id uuid,
    shipment_id uuid,
    sends_nothing boolean DEFAULT false NOT NULL,
    CONSTRAINT claim_approved_has_an_outcome CHECK ((((approved_at IS NOT NULL) AND ((status)::text = ANY (ARRAY[('approved'::character varying)::text, ('resolved'::character varying)::text])) AND (NOT ((outcome)::text = ''::text))) OR ((approved_at IS NULL) AND ((outcome)::text = ''::text) AND ((status)::text = ANY (ARRAY[('open'::character varying)::text, ('denied'::character varying)::text, ('cancelled'::character varying)::text]))))),
    CONSTRAINT claim_denied_has_an_answer CHECK (((NOT ((status)::text = 'denied'::text)) OR (NOT ((answer)::text = ''::text)))),
    CONSTRAINT claim_ended_has_a_date CHECK ((((ended_at IS NULL) AND ((status)::text = ANY (ARRAY[('open'::character varying)::text, ('approved'::character varying)::text]))) OR ((ended_at IS NOT NULL) AND ((status)::text = ANY (ARRAY[('resolved'::character varying)::text, ('denied'::character varying)::text, ('cancelled'::character varying)::text]))))),
    CONSTRAINT claim_part_of_the_price CHECK (((((outcome)::text = 'partial'::text) AND (partial_amount > (0)::numeric)) OR ((NOT ((outcome)::text = 'partial'::text)) AND (partial_amount IS NULL)))),
    CONSTRAINT orders_claim_ordinal_check CHECK ((ordinal >= 0))
);

CREATE TABLE public.orders_claimfile (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    suffix character varying(5) NOT NULL,
    content bytea NOT NULL,
    digest character varying(64) NOT NULL,
    size integer NOT NULL,
    purged_at timestamp with time zone,
    claim_id uuid NOT NULL,
    CONSTRAINT claimfile_purged_is_empty CHECK (((purged_at IS NULL) OR (size = 0))),
    CONSTRAINT orders_claimfile_size_check CHECK ((size >= 0))
);

CREATE TABLE public.orders_claimline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    refunded integer NOT NULL,
    replaced integer NOT NULL,
    amount numeric(14,2) NOT NULL,
    written_off integer NOT NULL,
    claim_id uuid NOT NULL,
    order_line_id uuid NOT NULL,
    CONSTRAINT claimline_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT claimline_within_quantity CHECK (((amount >= (0)::numeric) AND (quantity >= (refunded + replaced)) AND (written_off <= quantity))),
    CONSTRAINT orders_claimline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT orders_claimline_refunded_check CHECK ((refunded >= 0)),
    CONSTRAINT orders_claimline_replaced_check CHECK ((replaced >= 0)),
    CONSTRAINT orders_claimline_written_off_check CHECK ((written_off >= 0))
);

CREATE TABLE public.orders_exchange (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    ordinal smallint NOT NULL,
    status character varying(10) NOT NULL,
    settlement numeric(14,2) NOT NULL,
    reserved_until timestamp with time zone NOT NULL,
    attention_since timestamp with time zone,
    attention_reason character varying(300) NOT NULL,
    released_at timestamp with time zone,
    ended_at timestamp with time zone,
    "end" character varying(8) NOT NULL,
    end_reason character varying(300) NOT NULL,
    dedupe_key character varying(150) NOT NULL,
    decision_id uuid,
    order_id uuid NOT NULL,
    reimbursement_id uuid,
    rma_id uuid NOT NULL,
    not_paid_back numeric(14,2) DEFAULT 0.00 NOT NULL,
    CONSTRAINT exchange_dates_fit_status CHECK ((((("end")::text = ''::text) AND (ended_at IS NULL) AND (released_at IS NULL) AND ((status)::text = 'requested'::text)) OR ((("end")::text = ''::text) AND (ended_at IS NULL) AND (released_at IS NOT NULL) AND ((status)::text = 'released'::text)) OR ((ended_at IS NOT NULL) AND (released_at IS NULL) AND ((status)::text = 'cancelled'::text) AND (NOT (("end")::text = ''::text))))),
    CONSTRAINT orders_exchange_ordinal_check CHECK ((ordinal >= 0))
);

CREATE TABLE public.orders_exchangecharge (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    token character varying(43) NOT NULL,
    status character varying(8) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    lost numeric(14,2) DEFAULT 0.00 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    paid_at timestamp with time zone,
    exchange_id uuid NOT NULL,
    payable_id uuid NOT NULL,
    CONSTRAINT exchangecharge_amount_positive CHECK (((amount > (0)::numeric) AND (lost >= (0)::numeric))),
    CONSTRAINT exchangecharge_paid_has_a_date CHECK ((((paid_at IS NOT NULL) AND ((status)::text = 'paid'::text)) OR ((NOT ((status)::text = 'paid'::text)) AND (paid_at IS NULL))))
);

CREATE TABLE public.orders_fiscalticket (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    provider character varying(20) NOT NULL,
    environment character varying(20) NOT NULL,
    tax_id character varying(30) NOT NULL,
    service character varying(40) NOT NULL,
    sealed text NOT NULL,
    expires_at timestamp with time zone,
    not_before timestamp with time zone,
    busy_until timestamp with time zone,
    turns integer NOT NULL,
    last_error character varying(300) NOT NULL,
    CONSTRAINT orders_fiscalticket_turns_check CHECK ((turns >= 0))
);

CREATE TABLE public.orders_foreigninvoicenumber (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number bigint NOT NULL,
    actor character varying(150) NOT NULL,
    series_id uuid NOT NULL
);

CREATE TABLE public.orders_inspection (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    condition character varying(8) NOT NULL,
    disposition character varying(10) NOT NULL,
    note character varying(300) NOT NULL,
    inspected_at timestamp with time zone NOT NULL,
    inspected_by character varying(150) NOT NULL,
    act character varying(150) NOT NULL,
    "position" smallint NOT NULL,
    location_id uuid,
    movement_id bigint,
    line_id uuid NOT NULL,
    found_id uuid,
    CONSTRAINT inspection_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT orders_inspection_position_check CHECK (("position" >= 0)),
    CONSTRAINT orders_inspection_quantity_check CHECK ((quantity >= 0))
);

CREATE SEQUENCE public.orders_installment_public_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.orders_installment (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number smallint NOT NULL,
    amount numeric(14,2) NOT NULL,
    principal numeric(14,2) NOT NULL,
    interest numeric(14,2) NOT NULL,
    balance numeric(14,2) NOT NULL,
    due_date date NOT NULL,
    original_due_date date NOT NULL,
    moved_at timestamp with time zone,
    late numeric(14,2) NOT NULL,
    paid numeric(14,2) NOT NULL,
    waived numeric(14,2) NOT NULL,
    reduced numeric(14,2) NOT NULL,
    open_amount numeric(14,2) GENERATED ALWAYS AS (((((amount + late) - paid) - waived) - reduced)) STORED,
    settled_at timestamp with time zone,
    next_notice_at timestamp with time zone,
    notices smallint NOT NULL,
    plan_id uuid NOT NULL,
    public_number bigint DEFAULT nextval('public.orders_installment_public_number'::regclass) NOT NULL,
    CONSTRAINT installment_amount_adds_up CHECK (((amount = (principal + interest)) AND (interest >= (0)::numeric) AND (principal >= (0)::numeric))),
    CONSTRAINT installment_open_not_negative CHECK ((amount >= (((paid + waived) + reduced) - late))),
    CONSTRAINT installment_sums_not_negative CHECK (((late >= (0)::numeric) AND (paid >= (0)::numeric) AND (reduced >= (0)::numeric) AND (waived >= (0)::numeric))),
    CONSTRAINT orders_installment_notices_check CHECK ((notices >= 0)),
    CONSTRAINT orders_installment_number_check CHECK ((number >= 0))
);

CREATE TABLE public.orders_installmentbill (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    token character varying(43) NOT NULL,
    kind character varying(8) NOT NULL,
    status character varying(8) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    choice character varying(64) NOT NULL,
    priced_on date NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    paid_at timestamp with time zone,
    payable_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    CONSTRAINT installmentbill_amount_positive CHECK ((amount > (0)::numeric))
);

CREATE TABLE public.orders_installmentbillline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    amount numeric(14,2) NOT NULL,
    waived numeric(14,2) NOT NULL,
    bill_id uuid NOT NULL,
    installment_id uuid NOT NULL,
    CONSTRAINT installmentbillline_sane CHECK (((amount >= (0)::numeric) AND (waived >= (0)::numeric)))
);

CREATE TABLE public.orders_installmentevent (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(14) NOT NULL,
    amount numeric(14,2) NOT NULL,
    cause character varying(120) NOT NULL,
    note character varying(200) NOT NULL,
    actor character varying(150) NOT NULL,
    installment_id uuid NOT NULL,
    CONSTRAINT installmentevent_amount_positive CHECK (((amount > (0)::numeric) OR ((amount = (0)::numeric) AND ((kind)::text = 'moved'::text))))
);

CREATE TABLE public.orders_installmentoffer (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    version integer NOT NULL,
    is_current boolean NOT NULL,
    is_active boolean NOT NULL,
    name character varying(100) NOT NULL,
    count smallint NOT NULL,
    factor numeric(6,4) NOT NULL,
    min_amount numeric(14,2) NOT NULL,
    max_amount numeric(14,2),
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    due_policy character varying(10) NOT NULL,
    due_day smallint NOT NULL,
    late_monthly_rate numeric(6,4) NOT NULL,
    grace_days smallint NOT NULL,
    CONSTRAINT installmentoffer_amounts_ordered CHECK (((max_amount IS NULL) OR (max_amount >= min_amount))),
    CONSTRAINT installmentoffer_count_positive CHECK ((count >= 1)),
    CONSTRAINT installmentoffer_not_negative CHECK (((factor >= (0)::numeric) AND (late_monthly_rate >= (0)::numeric) AND (min_amount >= (0)::numeric))),
    CONSTRAINT installmentoffer_window_ordered CHECK (((starts_at IS NULL) OR (ends_at IS NULL) OR (ends_at > starts_at))),
    CONSTRAINT orders_installmentoffer_count_check CHECK ((count >= 0)),
    CONSTRAINT orders_installmentoffer_due_day_check CHECK ((due_day >= 0)),
    CONSTRAINT orders_installmentoffer_grace_days_check CHECK ((grace_days >= 0)),
    CONSTRAINT orders_installmentoffer_version_check CHECK ((version >= 0))
);

CREATE TABLE public.orders_installmentoffer_categories (
    id bigint NOT NULL,
    installmentoffer_id uuid NOT NULL,
    category_id bigint NOT NULL
);

ALTER TABLE public.orders_installmentoffer_categories ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_installmentoffer_categories_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_installmentoffer_collections (
    id bigint NOT NULL,
    installmentoffer_id uuid CONSTRAINT orders_installmentoffer_collection_installmentoffer_id_not_null NOT NULL,
    collection_id uuid NOT NULL
);

ALTER TABLE public.orders_installmentoffer_collections ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_installmentoffer_collections_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_installmentoffer_customers (
    id bigint NOT NULL,
    installmentoffer_id uuid NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE public.orders_installmentoffer_customers ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_installmentoffer_customers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_installmentoffer_groups (
    id bigint NOT NULL,
    installmentoffer_id uuid NOT NULL,
    customergroup_id uuid NOT NULL
);

ALTER TABLE public.orders_installmentoffer_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_installmentoffer_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_installmentoffer_products (
    id bigint NOT NULL,
    installmentoffer_id uuid NOT NULL,
    product_id uuid NOT NULL
);

ALTER TABLE public.orders_installmentoffer_products ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.orders_installmentoffer_products_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.orders_installmentplan (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    currency character varying(3) NOT NULL,
    base numeric(14,2) NOT NULL,
    total numeric(14,2) NOT NULL,
    count smallint NOT NULL,
    factor numeric(6,4) NOT NULL,
    monthly_rate numeric(12,8) NOT NULL,
    tna numeric(12,6) NOT NULL,
    tea numeric(12,6) NOT NULL,
    rate numeric(12,6) NOT NULL,
    rate_name character varying(12) NOT NULL,
    rate_method character varying(12) NOT NULL,
    rate_text character varying(60) NOT NULL,
    due_policy character varying(10) NOT NULL,
    late_monthly_rate numeric(6,4) NOT NULL,
    grace_days smallint NOT NULL,
    status character varying(10) NOT NULL,
    sold_on date NOT NULL,
    pay_first_by timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    accepted_from character varying(45) NOT NULL,
    contract text NOT NULL,
    settled_at timestamp with time zone,
    order_id uuid NOT NULL,
    user_id uuid,
    quote_id uuid NOT NULL,
    CONSTRAINT orders_installmentplan_count_check CHECK ((count >= 0)),
    CONSTRAINT orders_installmentplan_grace_days_check CHECK ((grace_days >= 0))
);

CREATE TABLE public.orders_installmentquote (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    currency character varying(3) NOT NULL,
    base numeric(14,2) NOT NULL,
    total numeric(14,2) NOT NULL,
    count smallint NOT NULL,
    factor numeric(6,4) NOT NULL,
    monthly_rate numeric(12,8) NOT NULL,
    tna numeric(12,6) NOT NULL,
    tea numeric(12,6) NOT NULL,
    rate numeric(12,6) NOT NULL,
    rate_name character varying(12) NOT NULL,
    rate_method character varying(12) NOT NULL,
    rate_text character varying(60) NOT NULL,
    due_policy character varying(10) NOT NULL,
    late_monthly_rate numeric(6,4) NOT NULL,
    grace_days smallint NOT NULL,
    source character varying(10) NOT NULL,
    amounts numeric(14,2)[] NOT NULL,
    due_dates date[] NOT NULL,
    shown_at timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    checkout_id uuid NOT NULL,
    offer_id uuid NOT NULL,
    CONSTRAINT installmentquote_sane CHECK (((base > (0)::numeric) AND (count >= 1) AND (total >= base))),
    CONSTRAINT orders_installmentquote_count_check CHECK ((count >= 0)),
    CONSTRAINT orders_installmentquote_grace_days_check CHECK ((grace_days >= 0))
);

CREATE TABLE public.orders_invoice (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(12) NOT NULL,
    status character varying(12) NOT NULL,
    provider character varying(20) NOT NULL,
    number bigint,
    name character varying(40) NOT NULL,
    issued_on date,
    issued_at timestamp with time zone,
    currency character varying(3) NOT NULL,
    total numeric(14,2) NOT NULL,
    net numeric(14,2) NOT NULL,
    tax numeric(14,2) NOT NULL,
    content jsonb NOT NULL,
    refund uuid,
    dedupe_key character varying(150) NOT NULL,
    authorisation character varying(60) NOT NULL,
    authorisation_due date,
    remarks jsonb NOT NULL,
    request_hash character varying(64) NOT NULL,
    times_sent smallint NOT NULL,
    tries smallint NOT NULL,
    next_try_at timestamp with time zone,
    last_error character varying(500) NOT NULL,
    attention character varying(200) NOT NULL,
    erased_at timestamp with time zone,
    order_id uuid NOT NULL,
    reimbursement_id uuid,
    related_to_id uuid,
    series_id uuid,
    charge_id uuid,
    CONSTRAINT invoice_adds_up CHECK (((total = (net + tax)) AND (total >= (0)::numeric))),
    CONSTRAINT invoice_issued_at CHECK (((NOT ((status)::text = 'authorised'::text)) OR (issued_at IS NOT NULL))),
    CONSTRAINT invoice_numbered_when_reserved CHECK ((((issued_on IS NOT NULL) AND (number IS NOT NULL) AND (series_id IS NOT NULL) AND ((status)::text = ANY (ARRAY[('reserved'::character varying)::text, ('sent'::character varying)::text, ('unknown'::character varying)::text, ('authorised'::character varying)::text]))) OR ((number IS NULL) AND ((status)::text = ANY (ARRAY[('draft'::character varying)::text, ('rejected'::character varying)::text, ('void'::character varying)::text]))))),
    CONSTRAINT orders_invoice_times_sent_check CHECK ((times_sent >= 0)),
    CONSTRAINT orders_invoice_tries_check CHECK ((tries >= 0))
);

CREATE TABLE public.orders_invoicefile (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    pdf bytea NOT NULL,
    sha256 character varying(64) NOT NULL,
    invoice_id uuid NOT NULL
);

CREATE TABLE public.orders_invoiceline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    "position" smallint NOT NULL,
    kind character varying(8) NOT NULL,
    sku character varying(60) NOT NULL,
    description character varying(300) NOT NULL,
    quantity integer NOT NULL,
    amount numeric(14,2) NOT NULL,
    net numeric(14,2) NOT NULL,
    tax numeric(14,2) NOT NULL,
    rate numeric(12,6) NOT NULL,
    credits_id uuid,
    invoice_id uuid NOT NULL,
    order_line_id uuid,
    CONSTRAINT invoice_line_adds_up CHECK ((amount = (net + tax))),
    CONSTRAINT invoice_line_not_negative CHECK (((amount >= (0)::numeric) AND (quantity > 0))),
    CONSTRAINT orders_invoiceline_position_check CHECK (("position" >= 0)),
    CONSTRAINT orders_invoiceline_quantity_check CHECK ((quantity >= 0))
);

CREATE TABLE public.orders_invoicemessage (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    act character varying(30) NOT NULL,
    request text NOT NULL,
    answer text NOT NULL,
    error character varying(300) NOT NULL,
    invoice_id uuid NOT NULL
);

CREATE TABLE public.orders_invoiceseries (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    provider character varying(20) NOT NULL,
    environment character varying(20) NOT NULL,
    tax_id character varying(30) NOT NULL,
    point_of_sale integer NOT NULL,
    document_code smallint NOT NULL,
    letter character varying(2) NOT NULL,
    next_number bigint NOT NULL,
    frozen_at timestamp with time zone,
    frozen_reason character varying(500) NOT NULL,
    foreign_from bigint,
    foreign_to bigint,
    busy_until timestamp with time zone,
    turns integer NOT NULL,
    CONSTRAINT invoice_series_number_positive CHECK ((next_number > 0)),
    CONSTRAINT orders_invoiceseries_document_code_check CHECK ((document_code >= 0)),
    CONSTRAINT orders_invoiceseries_point_of_sale_check CHECK ((point_of_sale >= 0)),
    CONSTRAINT orders_invoiceseries_turns_check CHECK ((turns >= 0))
);

CREATE TABLE public.orders_labelpurchase (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    attempt smallint NOT NULL,
    status character varying(10) NOT NULL,
    carrier character varying(20) NOT NULL,
    service character varying(100) NOT NULL,
    contract character varying(60) NOT NULL,
    reference character varying(60) NOT NULL,
    request_hash character varying(64) NOT NULL,
    currency character varying(3) NOT NULL,
    quoted_cost numeric(14,2),
    bought_cost numeric(14,2),
    adjusted_cost numeric(14,2),
    external_id character varying(100) NOT NULL,
    numbers character varying(60)[] NOT NULL,
    ids jsonb NOT NULL,
    tracking_url character varying(500) NOT NULL,
    raw jsonb NOT NULL,
    detail character varying(500) NOT NULL,
    pdf bytea,
    sent_at timestamp with time zone,
    decided_at timestamp with time zone,
    next_check_at timestamp with time zone,
    checks smallint NOT NULL,
    shipment_id uuid NOT NULL,
    CONSTRAINT labelpurchase_bought_has_a_number CHECK (((NOT ((status)::text = ANY (ARRAY[('bought'::character varying)::text, ('accepted'::character varying)::text]))) OR (NOT ((external_id)::text = ''::text)))),
    CONSTRAINT labelpurchase_sent_has_a_date CHECK ((((status)::text = 'reserved'::text) OR ((status)::text = 'refused'::text) OR (sent_at IS NOT NULL))),
    CONSTRAINT orders_labelpurchase_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT orders_labelpurchase_checks_check CHECK ((checks >= 0))
);

CREATE TABLE public.orders_labelvoid (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    status character varying(10) NOT NULL,
    reason character varying(300) NOT NULL,
    wanted_by character varying(150) NOT NULL,
    detail character varying(500) NOT NULL,
    refunded numeric(14,2),
    currency character varying(3) NOT NULL,
    sent_at timestamp with time zone,
    decided_at timestamp with time zone,
    next_check_at timestamp with time zone,
    checks smallint NOT NULL,
    purchase_id uuid NOT NULL,
    CONSTRAINT labelvoid_sent_has_a_date CHECK ((((status)::text = ANY (ARRAY[('due'::character varying)::text, ('dropped'::character varying)::text])) OR (sent_at IS NOT NULL))),
    CONSTRAINT orders_labelvoid_checks_check CHECK ((checks >= 0))
);

CREATE SEQUENCE public.orders_orderline_public_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.orders_orderline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sku character varying(60) NOT NULL,
    name character varying(260) NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric(14,2) NOT NULL,
    total numeric(14,2) NOT NULL,
    weight_grams integer NOT NULL,
    image character varying(300) NOT NULL,
    order_id uuid NOT NULL,
    variant_id uuid,
    public_number bigint DEFAULT nextval('public.orders_orderline_public_number'::regclass) NOT NULL,
    replaces_id uuid,
    CONSTRAINT orderline_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT orderline_total_adds_up CHECK ((total = (unit_price * (quantity)::numeric))),
    CONSTRAINT orders_orderline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT orders_orderline_weight_grams_check CHECK ((weight_grams >= 0))
);

CREATE VIEW public.orders_lineunits AS
 SELECT line.id AS line_id,
    units.refunded,
    units.refunded_sent,
    units.restocked,
    units.cancelled,
    units.cancelled_back,
    units.picked,
    units.sent,
    units.came_back,
    units.prepared,
    units.packed,
    units.replaced,
    units.paid_by_returns,
    units.came_by_returns,
    units.unsent,
    units."left"
   FROM (public.orders_orderline line
     CROSS JOIN LATERAL public.orders_line_units(line.id, line.order_id, line.variant_id, line.replaces_id, line.quantity) units(refunded, refunded_sent, restocked, cancelled, cancelled_back, picked, sent, came_back, prepared, packed, replaced, paid_by_returns, came_by_returns, unsent, "left"));

CREATE TABLE public.orders_order (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    email character varying(254) NOT NULL,
    first_name character varying(80) NOT NULL,
    last_name character varying(80) NOT NULL,
    phone character varying(30) NOT NULL,
    document_type character varying(10) NOT NULL,
    document_number character varying(30) NOT NULL,
    language character varying(10) NOT NULL,
    currency character varying(3) NOT NULL,
    subtotal numeric(14,2) NOT NULL,
    shipping_total numeric(14,2) NOT NULL,
    total numeric(14,2) NOT NULL,
    number bigint NOT NULL,
    secret character varying(43) NOT NULL,
    status character varying(12) NOT NULL,
    transaction_id character varying(160) NOT NULL,
    invoice_number character varying(40) NOT NULL,
    shipping_name character varying(210) NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    note text NOT NULL,
    billing_address_id uuid,
    checkout_id uuid NOT NULL,
    shipping_address_id uuid,
    user_id uuid,
    erased_at timestamp with time zone,
    fiscal_erased_at timestamp with time zone,
    adjustment_total numeric(14,2) DEFAULT 0.00 NOT NULL,
    branch_code character varying(60) DEFAULT ''::character varying NOT NULL,
    branch_name character varying(200) DEFAULT ''::character varying NOT NULL,
    tax_condition character varying(10) DEFAULT ''::character varying NOT NULL,
    promised_by date,
    late_since timestamp with time zone,
    CONSTRAINT order_sums_not_negative CHECK (((shipping_total >= (0)::numeric) AND (subtotal >= (0)::numeric))),
    CONSTRAINT order_total_adds_up CHECK (((total = ((subtotal + shipping_total) + adjustment_total)) AND (total >= (0)::numeric)))
);

CREATE SEQUENCE public.orders_order_number
    START WITH 10001
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.orders_orderadjustment (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    "position" smallint NOT NULL,
    kind character varying(40) NOT NULL,
    source character varying(120) NOT NULL,
    label character varying(210) NOT NULL,
    target character varying(10) NOT NULL,
    unit integer NOT NULL,
    amount numeric(14,2) NOT NULL,
    tax numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    line_id uuid,
    order_id uuid NOT NULL,
    CONSTRAINT orderadjustment_belongs_somewhere CHECK ((((line_id IS NOT NULL) AND ((target)::text = 'line'::text)) OR ((line_id IS NULL) AND ((target)::text = ANY (ARRAY[('shipping'::character varying)::text, ('order'::character varying)::text])) AND (unit = 0)))),
    CONSTRAINT orderadjustment_of_order_not_negative CHECK (((NOT ((target)::text = 'order'::text)) OR (amount >= (0)::numeric))),
    CONSTRAINT orders_orderadjustment_position_check CHECK (("position" >= 0)),
    CONSTRAINT orders_orderadjustment_unit_check CHECK ((unit >= 0))
);

CREATE TABLE public.orders_orderhold (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    status character varying(10) NOT NULL,
    kind character varying(12) NOT NULL,
    source character varying(150) NOT NULL,
    reason character varying(300) NOT NULL,
    placed_by character varying(150) NOT NULL,
    released_at timestamp with time zone,
    released_by character varying(150) NOT NULL,
    release_reason character varying(300) NOT NULL,
    order_id uuid NOT NULL,
    CONSTRAINT orderhold_released_has_a_date CHECK ((((released_at IS NULL) AND ((status)::text = 'active'::text)) OR ((released_at IS NOT NULL) AND ((status)::text = 'released'::text))))
);

CREATE TABLE public.orders_orderpick (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    picked_at timestamp with time zone NOT NULL,
    picked_by character varying(150) NOT NULL,
    line_id uuid NOT NULL,
    location_id uuid NOT NULL,
    CONSTRAINT orderpick_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT orders_orderpick_quantity_check CHECK ((quantity >= 0))
);

CREATE TABLE public.orders_parcel (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    weight_grams integer NOT NULL,
    length_mm integer NOT NULL,
    width_mm integer NOT NULL,
    height_mm integer NOT NULL,
    tracking_number character varying(100) NOT NULL,
    shipment_id uuid NOT NULL,
    CONSTRAINT orders_parcel_height_mm_check CHECK ((height_mm >= 0)),
    CONSTRAINT orders_parcel_length_mm_check CHECK ((length_mm >= 0)),
    CONSTRAINT orders_parcel_weight_grams_check CHECK ((weight_grams >= 0)),
    CONSTRAINT orders_parcel_width_mm_check CHECK ((width_mm >= 0))
);

CREATE TABLE public.orders_payable (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(20) NOT NULL,
    purchase_id uuid NOT NULL
);

CREATE SEQUENCE public.orders_paymentmethod_public_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.orders_paymentmethod (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    public_number bigint DEFAULT nextval('public.orders_paymentmethod_public_number'::regclass) NOT NULL,
    code character varying(30) NOT NULL,
    name character varying(60) NOT NULL,
    gateways character varying(20)[] NOT NULL,
    is_active boolean NOT NULL
);

CREATE TABLE public.orders_reimbursement (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    status character varying(8) NOT NULL,
    origin character varying(10) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    reason character varying(200) NOT NULL,
    dedupe_key character varying(150) NOT NULL,
    tries smallint NOT NULL,
    next_try_at timestamp with time zone,
    last_error character varying(500) NOT NULL,
    paid_at timestamp with time zone,
    order_id uuid NOT NULL,
    counts_itself boolean DEFAULT false NOT NULL,
    CONSTRAINT orders_reimbursement_tries_check CHECK ((tries >= 0)),
    CONSTRAINT reimbursement_amount_positive CHECK ((amount > (0)::numeric))
);

CREATE TABLE public.orders_reimbursementline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(8) NOT NULL,
    quantity integer NOT NULL,
    amount numeric(14,2) NOT NULL,
    order_line_id uuid,
    reimbursement_id uuid NOT NULL,
    withheld numeric(14,2) DEFAULT 0.00 NOT NULL,
    sent integer DEFAULT 0 NOT NULL,
    CONSTRAINT orders_reimbursementline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT orders_reimbursementline_sent_check CHECK ((sent >= 0)),
    CONSTRAINT reimbursement_line_amount_not_negative CHECK ((amount >= (0)::numeric)),
    CONSTRAINT reimbursement_line_fits_kind CHECK (((((kind)::text = 'line'::text) AND (order_line_id IS NOT NULL)) OR (((kind)::text = 'credit'::text) AND (order_line_id IS NOT NULL) AND (quantity = 0)) OR ((order_line_id IS NULL) AND (quantity = 1) AND (NOT ((kind)::text = ANY (ARRAY[('line'::character varying)::text, ('credit'::character varying)::text])))))),
    CONSTRAINT reimbursement_line_quantity_positive CHECK (((quantity > 0) OR (((kind)::text = 'credit'::text) AND (quantity = 0)))),
    CONSTRAINT reimbursement_line_sent_within_quantity CHECK (((sent = 0) OR (((kind)::text = 'line'::text) AND (sent <= quantity)))),
    CONSTRAINT reimbursement_line_withheld_not_negative CHECK ((withheld >= (0)::numeric))
);

CREATE TABLE public.orders_replacement (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    sku character varying(60) NOT NULL,
    name character varying(260) NOT NULL,
    credit numeric(14,2) NOT NULL,
    price numeric(14,2) NOT NULL,
    "position" smallint NOT NULL,
    dropped_at timestamp with time zone,
    claim_id uuid,
    claim_line_id uuid,
    exchange_id uuid,
    line_id uuid,
    replaced_id uuid NOT NULL,
    return_line_id uuid,
    variant_id uuid,
    fee numeric(14,2) DEFAULT 0.00 NOT NULL,
    CONSTRAINT orders_replacement_position_check CHECK (("position" >= 0)),
    CONSTRAINT replacement_fee_of_what_goes_back CHECK (((fee = (0)::numeric) OR ((fee > (0)::numeric) AND (fee <= (credit - price))))),
    CONSTRAINT replacement_not_negative CHECK (((credit >= (0)::numeric) AND (price >= (0)::numeric))),
    CONSTRAINT replacement_of_claim_is_even CHECK (((claim_id IS NULL) OR (price = credit))),
    CONSTRAINT replacement_of_one_cause CHECK ((((claim_id IS NULL) AND (claim_line_id IS NULL) AND (exchange_id IS NOT NULL) AND (return_line_id IS NOT NULL)) OR ((claim_id IS NOT NULL) AND (claim_line_id IS NOT NULL) AND (exchange_id IS NULL) AND (return_line_id IS NULL)))),
    CONSTRAINT replacement_sent_is_not_dropped CHECK (((dropped_at IS NULL) OR (line_id IS NULL)))
);

CREATE TABLE public.orders_return (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    ordinal smallint NOT NULL,
    status character varying(10) NOT NULL,
    origin character varying(8) NOT NULL,
    is_gift boolean NOT NULL,
    email character varying(254) NOT NULL,
    language character varying(10) NOT NULL,
    note text NOT NULL,
    terms jsonb NOT NULL,
    payer character varying(5) NOT NULL,
    way character varying(8) NOT NULL,
    instructions text NOT NULL,
    drop_off_code character varying(60) NOT NULL,
    carrier character varying(60) NOT NULL,
    tracking_number character varying(100) NOT NULL,
    approved_at timestamp with time zone,
    send_by timestamp with time zone,
    sent_at timestamp with time zone,
    ended_at timestamp with time zone,
    end_reason character varying(300) NOT NULL,
    dedupe_key character varying(150) NOT NULL,
    order_id uuid NOT NULL,
    withdrawal_id uuid,
    CONSTRAINT orders_return_ordinal_check CHECK ((ordinal >= 0)),
    CONSTRAINT return_approved_has_a_date CHECK (((NOT ((status)::text = ANY (ARRAY[('approved'::character varying)::text, ('closed'::character varying)::text, ('expired'::character varying)::text]))) OR (approved_at IS NOT NULL))),
    CONSTRAINT return_ended_has_a_date CHECK ((((ended_at IS NULL) AND ((status)::text = ANY (ARRAY[('requested'::character varying)::text, ('approved'::character varying)::text]))) OR ((ended_at IS NOT NULL) AND ((status)::text = ANY (ARRAY[('closed'::character varying)::text, ('rejected'::character varying)::text, ('cancelled'::character varying)::text, ('expired'::character varying)::text]))))),
    CONSTRAINT return_rejected_has_a_reason CHECK (((NOT ((status)::text = 'rejected'::text)) OR (NOT ((end_reason)::text = ''::text))))
);

CREATE TABLE public.orders_returndecision (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    total numeric(14,2) NOT NULL,
    freight numeric(14,2) NOT NULL,
    withheld numeric(14,2) NOT NULL,
    reason character varying(300) NOT NULL,
    decided_by character varying(150) NOT NULL,
    keeps_goods boolean NOT NULL,
    withdrawn_at timestamp with time zone,
    dedupe_key character varying(150) NOT NULL,
    reimbursement_id uuid,
    rma_id uuid NOT NULL,
    CONSTRAINT returndecision_not_negative CHECK (((freight >= (0)::numeric) AND (total >= freight) AND (withheld >= (0)::numeric))),
    CONSTRAINT returndecision_nothing_has_a_reason CHECK (((total > (0)::numeric) OR (NOT ((reason)::text = ''::text)))),
    CONSTRAINT returndecision_paid_stands CHECK (((withdrawn_at IS NULL) OR (reimbursement_id IS NULL))),
    CONSTRAINT returndecision_pays_something CHECK (((reimbursement_id IS NULL) OR (total > (0)::numeric)))
);

CREATE TABLE public.orders_returndecisionline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    amount numeric(14,2) NOT NULL,
    withheld numeric(14,2) NOT NULL,
    decision_id uuid NOT NULL,
    line_id uuid NOT NULL,
    CONSTRAINT orders_returndecisionline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT returndecisionline_not_negative CHECK (((amount >= (0)::numeric) AND (quantity > 0) AND (withheld >= (0)::numeric)))
);

CREATE TABLE public.orders_returnfile (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(5) NOT NULL,
    suffix character varying(5) NOT NULL,
    content bytea NOT NULL,
    digest character varying(64) NOT NULL,
    size integer NOT NULL,
    purged_at timestamp with time zone,
    rma_id uuid NOT NULL,
    CONSTRAINT orders_returnfile_size_check CHECK ((size >= 0)),
    CONSTRAINT returnfile_purged_is_empty CHECK (((purged_at IS NULL) OR (size = 0)))
);

CREATE TABLE public.orders_returnline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    area character varying(12) NOT NULL,
    note character varying(500) NOT NULL,
    wish character varying(8) NOT NULL,
    basis character varying(10) NOT NULL,
    fee_rate numeric(12,6) CONSTRAINT orders_returnline_fee_percent_not_null NOT NULL,
    order_line_id uuid NOT NULL,
    rma_id uuid NOT NULL,
    reason_id uuid,
    CONSTRAINT orders_returnline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT returnline_fee_only_if_voluntary CHECK ((((basis)::text = 'voluntary'::text) OR (fee_rate = (0)::numeric))),
    CONSTRAINT returnline_has_a_reason CHECK (((quantity = 0) OR (reason_id IS NOT NULL)))
);

CREATE TABLE public.orders_returnpolicy (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    applies_from timestamp with time zone NOT NULL,
    days smallint NOT NULL,
    is_final_sale boolean NOT NULL,
    is_personal_use boolean NOT NULL,
    way_back_paid_by character varying(5) NOT NULL,
    label_fee numeric(14,2) NOT NULL,
    fee_rate numeric(12,6) CONSTRAINT orders_returnpolicy_fee_percent_not_null NOT NULL,
    send_within_days smallint NOT NULL,
    is_approved_at_once boolean NOT NULL,
    approved_up_to numeric(14,2),
    instructions text NOT NULL,
    collection_id uuid,
    product_id uuid,
    CONSTRAINT orders_returnpolicy_days_check CHECK ((days >= 0)),
    CONSTRAINT orders_returnpolicy_send_within_days_check CHECK ((send_within_days >= 0)),
    CONSTRAINT returnpolicy_days_to_send_positive CHECK ((send_within_days > 0)),
    CONSTRAINT returnpolicy_fees_in_range CHECK (((fee_rate >= (0)::numeric) AND (fee_rate <= (1)::numeric) AND (label_fee >= (0)::numeric))),
    CONSTRAINT returnpolicy_of_one_thing CHECK (((product_id IS NULL) OR (collection_id IS NULL)))
);

CREATE TABLE public.orders_returnreason (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    label character varying(80) NOT NULL,
    label_en character varying(80) NOT NULL,
    label_pt character varying(80) NOT NULL,
    needs_area boolean NOT NULL,
    is_fault boolean NOT NULL,
    is_active boolean NOT NULL,
    sort_order smallint NOT NULL,
    CONSTRAINT orders_returnreason_sort_order_check CHECK ((sort_order >= 0))
);

CREATE TABLE public.orders_returnreceipt (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    ordinal smallint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    received_by character varying(150) NOT NULL,
    note character varying(300) NOT NULL,
    wrong_items character varying(300) NOT NULL,
    wrong_units smallint NOT NULL,
    location_id uuid NOT NULL,
    rma_id uuid NOT NULL,
    CONSTRAINT orders_returnreceipt_ordinal_check CHECK ((ordinal >= 0)),
    CONSTRAINT orders_returnreceipt_wrong_units_check CHECK ((wrong_units >= 0)),
    CONSTRAINT returnreceipt_wrong_items_named CHECK (((((wrong_items)::text = ''::text) AND (wrong_units = 0)) OR ((wrong_units > 0) AND (NOT ((wrong_items)::text = ''::text)))))
);

CREATE TABLE public.orders_returnreceiptline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    line_id uuid NOT NULL,
    movement_id bigint,
    receipt_id uuid NOT NULL,
    CONSTRAINT orders_returnreceiptline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT returnreceiptline_quantity_positive CHECK ((quantity > 0))
);

CREATE TABLE public.orders_shipment (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    ordinal smallint NOT NULL,
    status character varying(10) NOT NULL,
    method_name character varying(210) NOT NULL,
    kind character varying(10) NOT NULL,
    packed_at timestamp with time zone,
    packed_by character varying(150) NOT NULL,
    labelled_at timestamp with time zone,
    shipped_at timestamp with time zone,
    delivered_at timestamp with time zone,
    returned_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    sent_again_at timestamp with time zone,
    attention_since timestamp with time zone,
    attention_reason character varying(300) NOT NULL,
    ready_for_pickup_at timestamp with time zone,
    carrier character varying(60) NOT NULL,
    service character varying(100) NOT NULL,
    branch_code character varying(60) NOT NULL,
    branch_name character varying(200) NOT NULL,
    tracking_number character varying(100) NOT NULL,
    tracking_url character varying(500) NOT NULL,
    metadata jsonb NOT NULL,
    dedupe_key character varying(150) NOT NULL,
    location_id uuid,
    method_id uuid,
    order_id uuid NOT NULL,
    CONSTRAINT orders_shipment_ordinal_check CHECK ((ordinal >= 0)),
    CONSTRAINT shipment_cancelled_has_a_date CHECK ((((cancelled_at IS NOT NULL) AND ((status)::text = 'cancelled'::text)) OR ((NOT ((status)::text = 'cancelled'::text)) AND (cancelled_at IS NULL)))),
    CONSTRAINT shipment_delivered_has_a_date CHECK (((NOT ((status)::text = 'delivered'::text)) OR (delivered_at IS NOT NULL))),
    CONSTRAINT shipment_delivered_was_shipped CHECK (((delivered_at IS NULL) OR ((status)::text = ANY (ARRAY[('delivered'::character varying)::text, ('returned'::character varying)::text])))),
    CONSTRAINT shipment_left_has_a_date CHECK ((((shipped_at IS NULL) AND ((status)::text = ANY (ARRAY[('pending'::character varying)::text, ('cancelled'::character varying)::text]))) OR ((shipped_at IS NOT NULL) AND ((status)::text = ANY (ARRAY[('shipped'::character varying)::text, ('delivered'::character varying)::text, ('returned'::character varying)::text]))))),
    CONSTRAINT shipment_returned_has_a_date CHECK ((((returned_at IS NOT NULL) AND ((status)::text = 'returned'::text)) OR ((NOT ((status)::text = 'returned'::text)) AND (returned_at IS NULL) AND (sent_again_at IS NULL))))
);

CREATE TABLE public.orders_shipmentfollowup (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    carrier character varying(20) NOT NULL,
    numbers character varying(60)[] NOT NULL,
    next_at timestamp with time zone,
    tries smallint NOT NULL,
    asked_at timestamp with time zone,
    problem character varying(300) NOT NULL,
    shipment_id uuid NOT NULL,
    CONSTRAINT orders_shipmentfollowup_tries_check CHECK ((tries >= 0))
);

CREATE TABLE public.orders_shipmentline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    packed integer DEFAULT 0 NOT NULL,
    order_line_id uuid NOT NULL,
    shipment_id uuid NOT NULL,
    CONSTRAINT orders_shipmentline_packed_check CHECK ((packed >= 0)),
    CONSTRAINT orders_shipmentline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT shipmentline_packed_within_quantity CHECK ((packed <= quantity)),
    CONSTRAINT shipmentline_quantity_positive CHECK ((quantity > 0))
);

CREATE TABLE public.orders_shippingmethod (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(100) NOT NULL,
    code character varying(40) NOT NULL,
    kind character varying(10) NOT NULL,
    carrier character varying(60) NOT NULL,
    description character varying(200) NOT NULL,
    is_active boolean NOT NULL,
    sort_order smallint NOT NULL,
    module character varying(20) DEFAULT ''::character varying NOT NULL,
    services character varying(100)[] DEFAULT '{}'::character varying(100)[] NOT NULL,
    tracking_url_template character varying(300) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT orders_shippingmethod_sort_order_check CHECK ((sort_order >= 0))
);

CREATE TABLE public.orders_shippingquote (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    key character varying(64) NOT NULL,
    carrier character varying(20) NOT NULL,
    service character varying(100) NOT NULL,
    name character varying(100) NOT NULL,
    is_available boolean NOT NULL,
    price numeric(14,2),
    currency character varying(3) NOT NULL,
    days_min smallint,
    days_max smallint,
    contract character varying(60) NOT NULL,
    raw jsonb NOT NULL,
    answered_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    method_id uuid NOT NULL,
    CONSTRAINT orders_shippingquote_days_max_check CHECK ((days_max >= 0)),
    CONSTRAINT orders_shippingquote_days_min_check CHECK ((days_min >= 0)),
    CONSTRAINT shippingquote_price_positive CHECK (((is_available AND (price > (0)::numeric)) OR ((NOT is_available) AND (price IS NULL))))
);

CREATE TABLE public.orders_shippingrate (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(100) NOT NULL,
    country character varying(2) NOT NULL,
    states character varying(100)[] NOT NULL,
    max_weight_grams integer,
    price numeric(14,2) NOT NULL,
    free_from numeric(14,2),
    days_min smallint NOT NULL,
    days_max smallint NOT NULL,
    is_active boolean NOT NULL,
    method_id uuid NOT NULL,
    zone_id uuid,
    CONSTRAINT orders_shippingrate_days_max_check CHECK ((days_max >= 0)),
    CONSTRAINT orders_shippingrate_days_min_check CHECK ((days_min >= 0)),
    CONSTRAINT orders_shippingrate_max_weight_grams_check CHECK ((max_weight_grams >= 0)),
    CONSTRAINT shippingrate_days_ordered CHECK ((days_max >= days_min)),
    CONSTRAINT shippingrate_price_not_negative CHECK ((price >= (0)::numeric))
);

CREATE TABLE public.orders_shippingzone (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(100) NOT NULL,
    country character varying(2) NOT NULL,
    states character varying(100)[] NOT NULL,
    postal_codes text NOT NULL
);

CREATE TABLE public.orders_trackingevent (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    carrier character varying(20) NOT NULL,
    number character varying(60) NOT NULL,
    digest character varying(64) NOT NULL,
    code character varying(20) NOT NULL,
    text character varying(260) NOT NULL,
    state character varying(20) NOT NULL,
    place character varying(120) NOT NULL,
    at timestamp with time zone,
    shipment_id uuid NOT NULL
);

CREATE TABLE public.orders_withdrawalrequest (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(12) NOT NULL,
    status character varying(10) NOT NULL,
    order_number character varying(20) NOT NULL,
    email character varying(254) NOT NULL,
    message text NOT NULL,
    language character varying(10) NOT NULL,
    answer_by timestamp with time zone NOT NULL,
    answered_at timestamp with time zone,
    answer text NOT NULL,
    order_id uuid,
    CONSTRAINT withdrawal_answered_has_time CHECK ((((answered_at IS NULL) AND ((status)::text = 'received'::text)) OR ((answered_at IS NOT NULL) AND ((status)::text = 'answered'::text))))
);

CREATE TABLE public.payments_bankcredit (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    source character varying(10) NOT NULL,
    status character varying(10) NOT NULL,
    bank character varying(60) NOT NULL,
    booked_on date NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    reference character varying(300) NOT NULL,
    payer_name character varying(200) NOT NULL,
    payer_document character varying(40) NOT NULL,
    number character varying(100) NOT NULL,
    fingerprint character varying(64),
    "row" integer,
    "position" smallint,
    note character varying(300) NOT NULL,
    actor character varying(150) NOT NULL,
    noted_at timestamp with time zone,
    settle_at timestamp with time zone,
    tries smallint NOT NULL,
    confirms_id uuid,
    statement_id uuid,
    instruction_id uuid,
    forgotten_at timestamp with time zone,
    CONSTRAINT bankcredit_amount_positive CHECK ((amount > (0)::numeric)),
    CONSTRAINT bankcredit_booked_has_instruction CHECK ((((instruction_id IS NOT NULL) AND (noted_at IS NOT NULL) AND ("position" IS NOT NULL) AND ((status)::text = 'booked'::text)) OR ((NOT ((status)::text = 'booked'::text)) AND (instruction_id IS NULL) AND ("position" IS NULL) AND (settle_at IS NULL)))),
    CONSTRAINT bankcredit_confirms_another CHECK ((((confirms_id IS NOT NULL) AND ((status)::text = 'confirms'::text)) OR ((NOT ((status)::text = 'confirms'::text)) AND (confirms_id IS NULL)))),
    CONSTRAINT bankcredit_source CHECK ((((fingerprint IS NULL) AND ((source)::text = 'staff'::text)) OR ((fingerprint IS NOT NULL) AND ((source)::text = 'statement'::text) AND (statement_id IS NOT NULL)))),
    CONSTRAINT payments_bankcredit_position_check CHECK (("position" >= 0)),
    CONSTRAINT payments_bankcredit_row_check CHECK (("row" >= 0)),
    CONSTRAINT payments_bankcredit_tries_check CHECK ((tries >= 0))
);

CREATE TABLE public.payments_bankrequest (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    country character varying(2) NOT NULL,
    sealed text NOT NULL,
    revision integer NOT NULL,
    given_at timestamp with time zone,
    mails smallint NOT NULL,
    next_reminder_at timestamp with time zone,
    purged_at timestamp with time zone,
    refund_id uuid NOT NULL,
    CONSTRAINT bankrequest_purged_is_empty CHECK (((purged_at IS NULL) OR (sealed = ''::text))),
    CONSTRAINT payments_bankrequest_mails_check CHECK ((mails >= 0)),
    CONSTRAINT payments_bankrequest_revision_check CHECK ((revision >= 0))
);

CREATE TABLE public.payments_bankstatement (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    bank character varying(60) NOT NULL,
    status character varying(10) NOT NULL,
    file_name character varying(200) NOT NULL,
    digest character varying(64) NOT NULL,
    content bytea NOT NULL,
    language character varying(10) NOT NULL,
    currency character varying(3) NOT NULL,
    read_as character varying(120) NOT NULL,
    row_count integer NOT NULL,
    credit_count integer NOT NULL,
    repeated_count integer NOT NULL,
    passed_count integer NOT NULL,
    matched_count integer NOT NULL,
    first_on date,
    last_on date,
    refusal character varying(500) NOT NULL,
    issues jsonb NOT NULL,
    attempts smallint NOT NULL,
    actor character varying(150) NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT payments_bankstatement_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT payments_bankstatement_credit_count_check CHECK ((credit_count >= 0)),
    CONSTRAINT payments_bankstatement_matched_count_check CHECK ((matched_count >= 0)),
    CONSTRAINT payments_bankstatement_passed_count_check CHECK ((passed_count >= 0)),
    CONSTRAINT payments_bankstatement_repeated_count_check CHECK ((repeated_count >= 0)),
    CONSTRAINT payments_bankstatement_row_count_check CHECK ((row_count >= 0))
);

CREATE TABLE public.payments_dispute (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    gateway character varying(20) NOT NULL,
    external_id character varying(200) NOT NULL,
    status character varying(16) NOT NULL,
    provider_status character varying(60) NOT NULL,
    reason character varying(24) NOT NULL,
    reason_code character varying(80) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    respond_by timestamp with time zone,
    answered_at timestamp with time zone,
    closed_at timestamp with time zone,
    round smallint NOT NULL,
    is_refundable boolean NOT NULL,
    follows_payment boolean NOT NULL,
    subject character varying(200) NOT NULL,
    panel_url character varying(300) NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    next_look_at timestamp with time zone,
    snapshot jsonb NOT NULL,
    payment_id uuid NOT NULL,
    CONSTRAINT dispute_amount_not_negative CHECK ((amount >= (0)::numeric)),
    CONSTRAINT dispute_ended_has_a_date CHECK ((((closed_at IS NOT NULL) AND ((status)::text = ANY (ARRAY[('won'::character varying)::text, ('lost'::character varying)::text, ('withdrawn'::character varying)::text]))) OR ((closed_at IS NULL) AND ((status)::text = ANY (ARRAY[('inquiry'::character varying)::text, ('needs_response'::character varying)::text, ('under_review'::character varying)::text]))))),
    CONSTRAINT payments_dispute_round_check CHECK ((round >= 0))
);

CREATE TABLE public.payments_disputeevidence (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(20) NOT NULL,
    is_ready boolean NOT NULL,
    note character varying(300) NOT NULL,
    marked_by character varying(150) NOT NULL,
    marked_at timestamp with time zone,
    dispute_id uuid NOT NULL
);

CREATE TABLE public.payments_disputenote (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    author character varying(150) NOT NULL,
    text text NOT NULL,
    dispute_id uuid NOT NULL
);

CREATE TABLE public.payments_payment (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    gateway character varying(20) NOT NULL,
    external_id character varying(200) NOT NULL,
    status character varying(14) NOT NULL,
    status_detail character varying(120) NOT NULL,
    role character varying(10) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    refunded_amount numeric(14,2) NOT NULL,
    method character varying(60) NOT NULL,
    installments smallint NOT NULL,
    approved_at timestamp with time zone,
    provider_updated_at timestamp with time zone,
    snapshot jsonb NOT NULL,
    order_id uuid,
    attempt_id uuid,
    fetched_at timestamp with time zone,
    charged_back_amount numeric(14,2) NOT NULL,
    card_last4 character varying(4) NOT NULL,
    payable_id uuid,
    charged_total numeric(14,2),
    charged_installment numeric(14,2),
    CONSTRAINT payment_amount_not_negative CHECK ((amount >= (0)::numeric)),
    CONSTRAINT payment_charged_back_not_negative CHECK ((charged_back_amount >= (0)::numeric)),
    CONSTRAINT payment_stray_has_no_purchase CHECK (((((role)::text = 'stray'::text) AND (attempt_id IS NULL) AND (order_id IS NULL)) OR ((NOT ((role)::text = 'stray'::text)) AND (attempt_id IS NOT NULL)))),
    CONSTRAINT payments_payment_installments_check CHECK ((installments >= 0))
);

CREATE TABLE public.payments_paymentattempt (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    gateway character varying(20) NOT NULL,
    token character varying(43) NOT NULL,
    status character varying(12) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    fingerprint character varying(64) NOT NULL,
    external_id character varying(200) NOT NULL,
    redirect_url character varying(2000) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    voucher_url character varying(2000) NOT NULL,
    voucher_until timestamp with time zone,
    closed_at timestamp with time zone,
    last_error character varying(500) NOT NULL,
    checks integer NOT NULL,
    next_check_at timestamp with time zone,
    checkout_id uuid NOT NULL,
    opening_until timestamp with time zone,
    openings smallint NOT NULL,
    voucher_method character varying(60) NOT NULL,
    offers_vouchers boolean NOT NULL,
    is_held_for_voucher boolean NOT NULL,
    offer jsonb NOT NULL,
    buyer_digest character varying(64) NOT NULL,
    refused_for character varying(20) NOT NULL,
    payable_id uuid NOT NULL,
    flow character varying(6) DEFAULT 'hosted'::character varying NOT NULL,
    CONSTRAINT attempt_amount_positive CHECK ((amount > (0)::numeric)),
    CONSTRAINT payments_paymentattempt_checks_check CHECK ((checks >= 0)),
    CONSTRAINT payments_paymentattempt_openings_check CHECK ((openings >= 0))
);

CREATE TABLE public.payments_payoutline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    gateway character varying(20) NOT NULL,
    key character varying(100) NOT NULL,
    "row" integer NOT NULL,
    kind character varying(10) NOT NULL,
    word character varying(60) NOT NULL,
    payout character varying(100) NOT NULL,
    source character varying(200) NOT NULL,
    about character varying(200) NOT NULL,
    reference character varying(256) NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    currency character varying(3) NOT NULL,
    gross numeric(14,2) NOT NULL,
    fee numeric(14,2) NOT NULL,
    tax numeric(14,2) NOT NULL,
    net numeric(14,2) NOT NULL,
    face numeric(14,2),
    face_currency character varying(3) NOT NULL,
    match character varying(9) NOT NULL,
    difference numeric(14,2) NOT NULL,
    finding character varying(200) NOT NULL,
    payment_id uuid,
    refund_id uuid,
    report_id uuid NOT NULL,
    note character varying(300) NOT NULL,
    noted_by character varying(150) NOT NULL,
    CONSTRAINT payments_payoutline_row_check CHECK (("row" >= 0)),
    CONSTRAINT payoutline_adds_up CHECK ((net = ((gross - fee) - tax)))
);

CREATE TABLE public.payments_payoutreport (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    gateway character varying(20) NOT NULL,
    status character varying(10) NOT NULL,
    file_name character varying(200) NOT NULL,
    digest character varying(64) NOT NULL,
    content bytea NOT NULL,
    language character varying(10) NOT NULL,
    read_as character varying(120) NOT NULL,
    row_count integer NOT NULL,
    line_count integer NOT NULL,
    repeated_count integer NOT NULL,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    refusal character varying(500) NOT NULL,
    issues jsonb NOT NULL,
    attempts smallint NOT NULL,
    actor character varying(150) NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT payments_payoutreport_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT payments_payoutreport_line_count_check CHECK ((line_count >= 0)),
    CONSTRAINT payments_payoutreport_repeated_count_check CHECK ((repeated_count >= 0)),
    CONSTRAINT payments_payoutreport_row_count_check CHECK ((row_count >= 0))
);

CREATE TABLE public.payments_providerwatch (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    gateway character varying(20) NOT NULL,
    swept_until timestamp with time zone,
    window_from timestamp with time zone,
    window_until timestamp with time zone,
    cursor character varying(2000) NOT NULL,
    lease_until timestamp with time zone,
    swept_at timestamp with time zone,
    tally jsonb NOT NULL,
    last_error character varying(500) NOT NULL,
    last_webhook_at timestamp with time zone,
    silent_since timestamp with time zone
);

CREATE TABLE public.payments_refund (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    status character varying(10) NOT NULL,
    origin character varying(10) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    reason character varying(200) NOT NULL,
    external_id character varying(200) NOT NULL,
    dedupe_key character varying(150) NOT NULL,
    attempts smallint NOT NULL,
    next_try_at timestamp with time zone,
    last_error character varying(500) NOT NULL,
    succeeded_at timestamp with time zone,
    payment_id uuid NOT NULL,
    key_turn smallint NOT NULL,
    failed_ids jsonb NOT NULL,
    CONSTRAINT payments_refund_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT payments_refund_key_turn_check CHECK ((key_turn >= 0)),
    CONSTRAINT refund_amount_positive CHECK ((amount > (0)::numeric))
);

CREATE TABLE public.payments_refundline (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    quantity integer NOT NULL,
    amount numeric(14,2) NOT NULL,
    order_line_id uuid,
    refund_id uuid NOT NULL,
    withheld numeric(14,2) DEFAULT 0.00 NOT NULL,
    sent integer DEFAULT 0 NOT NULL,
    CONSTRAINT payments_refundline_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT payments_refundline_sent_check CHECK ((sent >= 0)),
    CONSTRAINT refund_line_amount_not_negative CHECK ((amount >= (0)::numeric)),
    CONSTRAINT refund_line_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT refund_line_sent_within_quantity CHECK (((sent = 0) OR ((order_line_id IS NOT NULL) AND (sent <= quantity)))),
    CONSTRAINT refund_line_shipping_is_one CHECK (((order_line_id IS NOT NULL) OR (quantity = 1))),
    CONSTRAINT refund_line_withheld_not_negative CHECK ((withheld >= (0)::numeric))
);

CREATE TABLE public.payments_reimbursementpart (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    way character varying(20) NOT NULL,
    amount numeric(14,2) NOT NULL,
    refund_id uuid,
    reimbursement_id uuid NOT NULL,
    CONSTRAINT reimbursement_part_amount_positive CHECK ((amount > (0)::numeric)),
    CONSTRAINT reimbursement_part_has_refund CHECK (((NOT ((way)::text = 'refund'::text)) OR (refund_id IS NOT NULL)))
);

CREATE TABLE public.payments_statementcolumns (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    bank character varying(60) NOT NULL,
    date character varying(120) NOT NULL,
    amount character varying(120) NOT NULL,
    reference character varying(120) NOT NULL,
    detail character varying(120) NOT NULL,
    payer_name character varying(120) NOT NULL,
    payer_document character varying(120) NOT NULL,
    number character varying(120) NOT NULL,
    date_order character varying(3) NOT NULL,
    decimals character varying(5) NOT NULL,
    actor character varying(150) NOT NULL
);

CREATE TABLE public.payments_straypayment (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    gateway character varying(20) NOT NULL,
    external_id character varying(200) NOT NULL,
    reference character varying(256) NOT NULL,
    status character varying(14) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    refunded_amount numeric(14,2) NOT NULL,
    made_at timestamp with time zone,
    last_seen_at timestamp with time zone NOT NULL,
    decision character varying(12) NOT NULL,
    note character varying(300) NOT NULL,
    decided_by character varying(150) NOT NULL,
    decided_at timestamp with time zone
);

CREATE TABLE public.payments_transferinstruction (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(12) NOT NULL,
    amount numeric(14,2) NOT NULL,
    currency character varying(3) NOT NULL,
    account jsonb NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    claimed_at timestamp with time zone,
    remind_at timestamp with time zone,
    reminded_at timestamp with time zone,
    attempt_id uuid NOT NULL,
    CONSTRAINT transferinstruction_amount_positive CHECK ((amount > (0)::numeric))
);

CREATE TABLE public.payments_transferreceipt (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(8) NOT NULL,
    suffix character varying(5) NOT NULL,
    content bytea NOT NULL,
    digest character varying(64) NOT NULL,
    size integer NOT NULL,
    purged_at timestamp with time zone,
    instruction_id uuid NOT NULL,
    CONSTRAINT payments_transferreceipt_size_check CHECK ((size >= 0)),
    CONSTRAINT transferreceipt_purged_is_empty CHECK (((purged_at IS NULL) OR (size = 0)))
);

CREATE TABLE public.payments_webhookevent (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    provider character varying(20) NOT NULL,
    event_id character varying(150) NOT NULL,
    topic character varying(80) NOT NULL,
    subject character varying(200) NOT NULL,
    payload jsonb NOT NULL,
    status character varying(10) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    processed_at timestamp with time zone,
    deliveries integer NOT NULL,
    attempts smallint NOT NULL,
    next_try_at timestamp with time zone,
    error text NOT NULL,
    trail uuid,
    reference character varying(200) NOT NULL,
    reported_at timestamp with time zone,
    CONSTRAINT payments_webhookevent_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT payments_webhookevent_deliveries_check CHECK ((deliveries >= 0))
);

CREATE TABLE public.reports_checkoutday (
    id bigint NOT NULL,
    day date NOT NULL,
    state character varying(10) NOT NULL,
    step character varying(12) NOT NULL,
    number integer NOT NULL,
    CONSTRAINT reports_checkoutday_number_check CHECK ((number >= 0))
);

ALTER TABLE public.reports_checkoutday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.reports_checkoutday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reports_productday (
    id bigint NOT NULL,
    day date NOT NULL,
    currency character varying(3) NOT NULL,
    sku character varying(60) NOT NULL,
    name character varying(260) NOT NULL,
    orders integer NOT NULL,
    units integer NOT NULL,
    amount numeric(20,2) NOT NULL,
    units_returned integer NOT NULL,
    returned numeric(20,2) NOT NULL,
    variant_id uuid,
    CONSTRAINT reports_productday_orders_check CHECK ((orders >= 0)),
    CONSTRAINT reports_productday_units_check CHECK ((units >= 0)),
    CONSTRAINT reports_productday_units_returned_check CHECK ((units_returned >= 0))
);

ALTER TABLE public.reports_productday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.reports_productday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reports_productperiod (
    id bigint NOT NULL,
    currency character varying(3) NOT NULL,
    sku character varying(60) NOT NULL,
    name character varying(260) NOT NULL,
    orders integer NOT NULL,
    units integer NOT NULL,
    amount numeric(20,2) NOT NULL,
    units_returned integer NOT NULL,
    returned numeric(20,2) NOT NULL,
    grain character varying(5) NOT NULL,
    first_day date NOT NULL,
    variant_id uuid,
    CONSTRAINT reports_productperiod_orders_check CHECK ((orders >= 0)),
    CONSTRAINT reports_productperiod_units_check CHECK ((units >= 0)),
    CONSTRAINT reports_productperiod_units_returned_check CHECK ((units_returned >= 0))
);

ALTER TABLE public.reports_productperiod ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.reports_productperiod_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reports_report (
    id bigint NOT NULL,
    report_date date NOT NULL,
    report_type character varying(8) NOT NULL,
    currency character varying(3) NOT NULL,
    total_sales numeric(20,2) NOT NULL,
    total_orders integer NOT NULL,
    summary text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT reports_report_total_orders_check CHECK ((total_orders >= 0))
);

ALTER TABLE public.reports_report ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.reports_report_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reports_reportchange (
    id bigint NOT NULL,
    order_id uuid,
    at timestamp with time zone,
    is_all boolean DEFAULT false NOT NULL,
    after uuid,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL
);

ALTER TABLE public.reports_reportchange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.reports_reportchange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reports_salesday (
    id bigint NOT NULL,
    day date NOT NULL,
    currency character varying(3) NOT NULL,
    orders integer NOT NULL,
    undone integer NOT NULL,
    units integer NOT NULL,
    units_returned integer NOT NULL,
    goods numeric(20,2) NOT NULL,
    discounts numeric(20,2) NOT NULL,
    shipping numeric(20,2) NOT NULL,
    taxes numeric(20,2) NOT NULL,
    interest numeric(20,2) NOT NULL,
    other numeric(20,2) NOT NULL,
    gross numeric(20,2) NOT NULL,
    returned numeric(20,2) NOT NULL,
    interest_after numeric(20,2) NOT NULL,
    kept numeric(20,2) NOT NULL,
    CONSTRAINT reports_salesday_orders_check CHECK ((orders >= 0)),
    CONSTRAINT reports_salesday_undone_check CHECK ((undone >= 0)),
    CONSTRAINT reports_salesday_units_check CHECK ((units >= 0)),
    CONSTRAINT reports_salesday_units_returned_check CHECK ((units_returned >= 0))
);

ALTER TABLE public.reports_salesday ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.reports_salesday_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reports_salesentry (
    id bigint NOT NULL,
    kind character varying(12) NOT NULL,
    source uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    day date NOT NULL,
    currency character varying(3) NOT NULL,
    amount numeric(14,2) NOT NULL,
    goods numeric(14,2) NOT NULL,
    discounts numeric(14,2) NOT NULL,
    shipping numeric(14,2) NOT NULL,
    taxes numeric(14,2) NOT NULL,
    interest numeric(14,2) NOT NULL,
    other numeric(14,2) NOT NULL,
    units integer NOT NULL,
    kept numeric(14,2) NOT NULL,
    is_undone boolean NOT NULL,
    order_id uuid NOT NULL,
    CONSTRAINT reports_salesentry_units_check CHECK ((units >= 0))
);

ALTER TABLE public.reports_salesentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.reports_salesentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.reports_soldline (
    id bigint NOT NULL,
    day date NOT NULL,
    currency character varying(3) NOT NULL,
    sku character varying(60) NOT NULL,
    name character varying(260) NOT NULL,
    units integer NOT NULL,
    amount numeric(14,2) NOT NULL,
    units_returned integer NOT NULL,
    returned numeric(14,2) NOT NULL,
    line_id uuid NOT NULL,
    order_id uuid NOT NULL,
    variant_id uuid,
    CONSTRAINT reports_soldline_units_check CHECK ((units >= 0)),
    CONSTRAINT reports_soldline_units_returned_check CHECK ((units_returned >= 0))
);

ALTER TABLE public.reports_soldline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.reports_soldline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.usersessions_usersession (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ip inet NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    session_key character varying(40) NOT NULL,
    user_agent character varying(200) NOT NULL,
    data jsonb NOT NULL,
    user_id uuid NOT NULL
);

ALTER TABLE public.usersessions_usersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.usersessions_usersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'anteojos, lentes, gafas, óculos', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'bombacha, calzón, calcinha', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'bordó, vino, burdeos, vinho', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'bufanda, cachecol', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'campera, chamarra, casaca, chaqueta, jaqueta', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'cartera, bolso, bolsa', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'chaleco, colete', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'cinturón, cinto, correa', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'corpiño, brasier, sostén, sutiã', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'gorra, cachucha, boné', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'hoodie, canguro, sudadera, moletom', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'jean, jeans, vaquero, mezclilla', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'malla, bikini, bañador, biquini', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'marrón, café, castaño, marrom', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'medias, calcetines, meias, soquetes', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'mochila, morral', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'musculosa, regata, esqueleto', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'pantalón, calça', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'pijama, piyama', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'pollera, falda, saia', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'pulóver, sweater, suéter, jersey', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'remera, playera, camiseta, franela, tshirt', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'rosa, rosado', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'short, shorts, bermuda', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'talle, talla, tamanho', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'vestido, solera', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'violeta, morado, lila, roxo', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), '', 'zapatilla, zapatillas, tenis, championes', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'AR', 'buzo, hoodie, sudadera, canguro, polerón, moletom', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'BO', 'chompa, suéter, sweater', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'BO', 'polera, remera, camiseta, playera', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'BR', 'camiseta, remera, blusa', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'BR', 'moletom, hoodie, buzo, sudadera', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'CL', 'polera, remera, camiseta, playera', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'CL', 'polerón, hoodie, sudadera, canguro', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'CO', 'buso, buzo, saco, hoodie, sudadera', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'EC', 'buso, buzo, saco, hoodie, sudadera', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'MX', 'playera, remera, camiseta', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'MX', 'sudadera, hoodie, buzo', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'PE', 'casaca, campera, chaqueta', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'PE', 'polera, hoodie, sudadera, canguro', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'PE', 'polo, remera, camiseta, playera', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'PY', 'buzo, hoodie, sudadera, canguro, moletom', true);
INSERT INTO "public"."catalog_searchsynonyms" ("id", "created_at", "updated_at", "country", "words", "is_active") VALUES (gen_random_uuid(), now(), now(), 'UY', 'buzo, hoodie, sudadera, canguro, polerón, moletom', true);
INSERT INTO "public"."orders_installmentoffer" ("id", "created_at", "updated_at", "code", "version", "is_current", "is_active", "name", "count", "factor", "min_amount", "max_amount", "starts_at", "ends_at", "due_policy", "due_day", "late_monthly_rate", "grace_days") VALUES (gen_random_uuid(), now(), now(), 'cuotas-1', 1, true, false, '1 pago', 1, 0.0000, 0.00, NULL, NULL, NULL, 'monthly', 10, 0.0000, 3);
INSERT INTO "public"."orders_installmentoffer" ("id", "created_at", "updated_at", "code", "version", "is_current", "is_active", "name", "count", "factor", "min_amount", "max_amount", "starts_at", "ends_at", "due_policy", "due_day", "late_monthly_rate", "grace_days") VALUES (gen_random_uuid(), now(), now(), 'cuotas-12', 1, true, false, '12 cuotas', 12, 0.1200, 0.00, NULL, NULL, NULL, 'monthly', 10, 0.0000, 3);
INSERT INTO "public"."orders_installmentoffer" ("id", "created_at", "updated_at", "code", "version", "is_current", "is_active", "name", "count", "factor", "min_amount", "max_amount", "starts_at", "ends_at", "due_policy", "due_day", "late_monthly_rate", "grace_days") VALUES (gen_random_uuid(), now(), now(), 'cuotas-3', 1, true, false, '3 cuotas', 3, 0.1900, 0.00, NULL, NULL, NULL, 'monthly', 10, 0.0000, 3);
INSERT INTO "public"."orders_installmentoffer" ("id", "created_at", "updated_at", "code", "version", "is_current", "is_active", "name", "count", "factor", "min_amount", "max_amount", "starts_at", "ends_at", "due_policy", "due_day", "late_monthly_rate", "grace_days") VALUES (gen_random_uuid(), now(), now(), 'cuotas-6', 1, true, false, '6 cuotas', 6, 0.1500, 0.00, NULL, NULL, NULL, 'monthly', 10, 0.0000, 3);
INSERT INTO "public"."orders_paymentmethod" ("id", "created_at", "updated_at", "public_number", "code", "name", "gateways", "is_active") VALUES (gen_random_uuid(), now(), now(), 1, 'card', 'Tarjeta', '{stripe,*}', true);
INSERT INTO "public"."orders_paymentmethod" ("id", "created_at", "updated_at", "public_number", "code", "name", "gateways", "is_active") VALUES (gen_random_uuid(), now(), now(), 2, 'mercadopago', 'Mercado Pago', '{mercadopago}', true);
INSERT INTO "public"."orders_paymentmethod" ("id", "created_at", "updated_at", "public_number", "code", "name", "gateways", "is_active") VALUES (gen_random_uuid(), now(), now(), 3, 'transfer', 'Transferencia bancaria', '{transfer}', true);
INSERT INTO "public"."orders_returnpolicy" ("id", "created_at", "updated_at", "applies_from", "days", "is_final_sale", "is_personal_use", "way_back_paid_by", "label_fee", "fee_rate", "send_within_days", "is_approved_at_once", "approved_up_to", "instructions", "collection_id", "product_id") VALUES (gen_random_uuid(), now(), now(), '2000-01-01 00:00:00+00:00'::timestamptz, 30, false, false, 'buyer', 0.00, 0.000000, 20, false, NULL, '', NULL, NULL);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'better_price', 'Encontré mejor precio', 'Found a better price', 'Achei preço melhor', false, false, true, 12);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'changed_mind', 'Cambié de opinión', 'Changed my mind', 'Mudei de ideia', false, false, true, 11);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'colour_differs', 'El color es distinto', 'The colour differs', 'A cor é diferente', false, true, true, 3);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'damaged_in_transit', 'Llegó dañado', 'Damaged on the way', 'Chegou danificado', false, true, true, 7);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'defective', 'Tiene una falla', 'Defective', 'Tem defeito', false, true, true, 6);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'fabric_quality', 'Tela o calidad', 'Fabric or quality', 'Tecido ou qualidade', false, false, true, 4);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'fit_shape', 'No me gusta cómo calza', 'Fit or shape', 'Não gostei do caimento', true, false, true, 2);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'gift', 'Es un regalo', 'It was a gift', 'Foi um presente', false, false, true, 14);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'late', 'Llegó tarde', 'Arrived late', 'Chegou atrasado', false, true, true, 10);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'missing', 'Le falta una parte', 'A part is missing', 'Falta uma parte', false, true, true, 9);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'not_as_described', 'No es como se describe', 'Not as described', 'Não é como descrito', false, true, true, 5);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'ordered_several_sizes', 'Pedí varios talles', 'Ordered several sizes', 'Pedi vários tamanhos', false, false, true, 13);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'other', 'Otro motivo', 'Another reason', 'Outro motivo', false, false, true, 15);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'too_large', 'Me queda grande', 'Too large', 'Ficou grande', true, false, true, 1);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'too_small', 'Me queda chico', 'Too small', 'Ficou pequeno', true, false, true, 0);
INSERT INTO "public"."orders_returnreason" ("id", "created_at", "updated_at", "code", "label", "label_en", "label_pt", "needs_area", "is_fault", "is_active", "sort_order") VALUES (gen_random_uuid(), now(), now(), 'wrong_item', 'Llegó otro producto', 'Wrong item', 'Chegou outro produto', false, true, true, 8);
SELECT setval('public.orders_paymentmethod_public_number', 3);
ALTER TABLE ONLY public.catalog_accesscode
    ADD CONSTRAINT accesscode_unique UNIQUE (collection_id, code);

ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);

ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);

ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_address
    ADD CONSTRAINT accounts_address_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_erasurerequest
    ADD CONSTRAINT accounts_erasurerequest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_profile
    ADD CONSTRAINT accounts_profile_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_profile
    ADD CONSTRAINT accounts_profile_user_id_key UNIQUE (user_id);

ALTER TABLE ONLY public.accounts_refreshtoken
    ADD CONSTRAINT accounts_refreshtoken_device_id_key UNIQUE (device_id);

ALTER TABLE ONLY public.accounts_refreshtoken
    ADD CONSTRAINT accounts_refreshtoken_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_email_key UNIQUE (email);

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_user_id_group_id_59c0b32f_uniq UNIQUE (user_id, group_id);

ALTER TABLE ONLY public.accounts_user
    ADD CONSTRAINT accounts_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_permi_user_id_permission_id_2ab516c2_uniq UNIQUE (user_id, permission_id);

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_bankcredit
    ADD CONSTRAINT bankcredit_position UNIQUE (instruction_id, "position");

ALTER TABLE ONLY public.orders_cancellationline
    ADD CONSTRAINT cancellationline_once UNIQUE (cancellation_id, order_line_id);

ALTER TABLE ONLY public.orders_carrierbranch
    ADD CONSTRAINT carrierbranch_once UNIQUE (carrier, country, asked_code, code);

ALTER TABLE ONLY public.orders_cartline
    ADD CONSTRAINT cartline_unique UNIQUE (cart_id, variant_id);

ALTER TABLE ONLY public.catalog_accesscode
    ADD CONSTRAINT catalog_accesscode_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_accessgrant
    ADD CONSTRAINT catalog_accessgrant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_brand
    ADD CONSTRAINT catalog_brand_name_key UNIQUE (name);

ALTER TABLE ONLY public.catalog_brand
    ADD CONSTRAINT catalog_brand_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_brand
    ADD CONSTRAINT catalog_brand_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.catalog_catalogchange
    ADD CONSTRAINT catalog_catalogchange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_category
    ADD CONSTRAINT catalog_category_path_key UNIQUE (path);

ALTER TABLE ONLY public.catalog_category
    ADD CONSTRAINT catalog_category_path_slug_key UNIQUE (path_slug);

ALTER TABLE ONLY public.catalog_category
    ADD CONSTRAINT catalog_category_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_collection
    ADD CONSTRAINT catalog_collection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_collection
    ADD CONSTRAINT catalog_collection_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.catalog_collectionproduct
    ADD CONSTRAINT catalog_collectionproduct_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_customergroup_members
    ADD CONSTRAINT catalog_customergroup_me_customergroup_id_user_id_0d1e02bf_uniq UNIQUE (customergroup_id, user_id);

ALTER TABLE ONLY public.catalog_customergroup_members
    ADD CONSTRAINT catalog_customergroup_members_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_customergroup
    ADD CONSTRAINT catalog_customergroup_name_key UNIQUE (name);

ALTER TABLE ONLY public.catalog_customergroup
    ADD CONSTRAINT catalog_customergroup_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_earlyopening
    ADD CONSTRAINT catalog_earlyopening_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_formeraddress
    ADD CONSTRAINT catalog_formeraddress_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_listing
    ADD CONSTRAINT catalog_listing_pkey PRIMARY KEY (ordinal);

ALTER TABLE ONLY public.catalog_listingmark
    ADD CONSTRAINT catalog_listingmark_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_listingstate
    ADD CONSTRAINT catalog_listingstate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_lowstockhint
    ADD CONSTRAINT catalog_lowstockhint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_option
    ADD CONSTRAINT catalog_option_code_key UNIQUE (code);

ALTER TABLE ONLY public.catalog_option
    ADD CONSTRAINT catalog_option_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_optionvalue
    ADD CONSTRAINT catalog_optionvalue_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_pricechange
    ADD CONSTRAINT catalog_pricechange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_product_options
    ADD CONSTRAINT catalog_product_options_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_product_options
    ADD CONSTRAINT catalog_product_options_product_id_option_id_feb82212_uniq UNIQUE (product_id, option_id);

ALTER TABLE ONLY public.catalog_product
    ADD CONSTRAINT catalog_product_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_product
    ADD CONSTRAINT catalog_product_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.catalog_productimage
    ADD CONSTRAINT catalog_productimage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_searchdeletion
    ADD CONSTRAINT catalog_searchdeletion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_searchmiss
    ADD CONSTRAINT catalog_searchmiss_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_searchsnapshot
    ADD CONSTRAINT catalog_searchsnapshot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_searchsynonyms
    ADD CONSTRAINT catalog_searchsynonyms_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_searchword
    ADD CONSTRAINT catalog_searchword_pkey PRIMARY KEY (word);

ALTER TABLE ONLY public.catalog_supplier
    ADD CONSTRAINT catalog_supplier_name_key UNIQUE (name);

ALTER TABLE ONLY public.catalog_supplier
    ADD CONSTRAINT catalog_supplier_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_variant
    ADD CONSTRAINT catalog_variant_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_variant
    ADD CONSTRAINT catalog_variant_sku_key UNIQUE (sku);

ALTER TABLE ONLY public.catalog_variantvalue
    ADD CONSTRAINT catalog_variantvalue_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_waitingentry
    ADD CONSTRAINT catalog_waitingentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_waitingentry
    ADD CONSTRAINT catalog_waitingentry_token_key UNIQUE (token);

ALTER TABLE ONLY public.reports_checkoutday
    ADD CONSTRAINT checkoutday_once UNIQUE (day, state, step);

ALTER TABLE ONLY public.orders_checkoutline
    ADD CONSTRAINT checkoutline_unique UNIQUE (checkout_id, variant_id);

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT claim_ordinal_once UNIQUE (order_id, ordinal);

ALTER TABLE ONLY public.orders_claimfile
    ADD CONSTRAINT claimfile_once UNIQUE (claim_id, digest);

ALTER TABLE ONLY public.orders_claimline
    ADD CONSTRAINT claimline_once UNIQUE (claim_id, order_line_id);

ALTER TABLE ONLY public.catalog_collectionproduct
    ADD CONSTRAINT collectionproduct_unique UNIQUE (collection_id, product_id);

ALTER TABLE ONLY public.core_counter
    ADD CONSTRAINT core_counter_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.core_emaillog
    ADD CONSTRAINT core_emaillog_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.core_emaillog
    ADD CONSTRAINT core_emaillog_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_event
    ADD CONSTRAINT core_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_idempotencykey
    ADD CONSTRAINT core_idempotencykey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_jobrun
    ADD CONSTRAINT core_jobrun_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_outgoingattempt
    ADD CONSTRAINT core_outgoingattempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_outgoingdelivery
    ADD CONSTRAINT core_outgoingdelivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_outgoingendpoint
    ADD CONSTRAINT core_outgoingendpoint_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_outgoingmessage
    ADD CONSTRAINT core_outgoingmessage_once_key UNIQUE (once);

ALTER TABLE ONLY public.core_outgoingmessage
    ADD CONSTRAINT core_outgoingmessage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_storedanswer
    ADD CONSTRAINT core_storedanswer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_dispute
    ADD CONSTRAINT dispute_external_unique UNIQUE (gateway, external_id);

ALTER TABLE ONLY public.payments_disputeevidence
    ADD CONSTRAINT disputeevidence_unique UNIQUE (dispute_id, kind);

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);

ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);

ALTER TABLE ONLY public.catalog_earlyopening
    ADD CONSTRAINT earlyopening_one_per_group UNIQUE (collection_id, group_id);

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT exchange_ordinal_once UNIQUE (order_id, ordinal);

ALTER TABLE ONLY public.inventory_exportpart
    ADD CONSTRAINT exportpart_place UNIQUE (job_id, place);

ALTER TABLE ONLY public.orders_fiscalticket
    ADD CONSTRAINT fiscal_ticket_once UNIQUE (provider, environment, tax_id, service);

ALTER TABLE ONLY public.orders_foreigninvoicenumber
    ADD CONSTRAINT foreign_number_once UNIQUE (series_id, number);

ALTER TABLE ONLY public.catalog_formeraddress
    ADD CONSTRAINT formeraddress_unique UNIQUE (kind, slug);

ALTER TABLE ONLY public.core_idempotencykey
    ADD CONSTRAINT idempotencykey_unique UNIQUE (scope, key);

ALTER TABLE ONLY public.inventory_importedrow
    ADD CONSTRAINT importedrow_once UNIQUE (level_id, act, reference);

ALTER TABLE ONLY public.orders_inspection
    ADD CONSTRAINT inspection_once UNIQUE (act, "position");

ALTER TABLE ONLY public.orders_installment
    ADD CONSTRAINT installment_number_once UNIQUE (plan_id, number);

ALTER TABLE ONLY public.orders_installmentbillline
    ADD CONSTRAINT installmentbillline_once UNIQUE (bill_id, installment_id);

ALTER TABLE ONLY public.orders_installmentoffer
    ADD CONSTRAINT installmentoffer_version_once UNIQUE (code, version);

ALTER TABLE ONLY public.inventory_alertfiring
    ADD CONSTRAINT inventory_alertfiring_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_exportjob
    ADD CONSTRAINT inventory_exportjob_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_exportpart
    ADD CONSTRAINT inventory_exportpart_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_importedrow
    ADD CONSTRAINT inventory_importedrow_movement_id_key UNIQUE (movement_id);

ALTER TABLE ONLY public.inventory_importedrow
    ADD CONSTRAINT inventory_importedrow_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_importissue
    ADD CONSTRAINT inventory_importissue_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_importjob
    ADD CONSTRAINT inventory_importjob_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_location
    ADD CONSTRAINT inventory_location_code_key UNIQUE (code);

ALTER TABLE ONLY public.inventory_location
    ADD CONSTRAINT inventory_location_name_key UNIQUE (name);

ALTER TABLE ONLY public.inventory_location
    ADD CONSTRAINT inventory_location_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_purchaseorder
    ADD CONSTRAINT inventory_purchaseorder_number_key UNIQUE (number);

ALTER TABLE ONLY public.inventory_purchaseorder
    ADD CONSTRAINT inventory_purchaseorder_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_purchaseorderline
    ADD CONSTRAINT inventory_purchaseorderline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_purchasereceipt
    ADD CONSTRAINT inventory_purchasereceipt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_purchasereceiptline
    ADD CONSTRAINT inventory_purchasereceiptline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_reservation
    ADD CONSTRAINT inventory_reservation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stockalert
    ADD CONSTRAINT inventory_stockalert_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stockcheck
    ADD CONSTRAINT inventory_stockcheck_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stockcount
    ADD CONSTRAINT inventory_stockcount_number_key UNIQUE (number);

ALTER TABLE ONLY public.inventory_stockcount
    ADD CONSTRAINT inventory_stockcount_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stockcountentry
    ADD CONSTRAINT inventory_stockcountentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stockcountline
    ADD CONSTRAINT inventory_stockcountline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stocklevel
    ADD CONSTRAINT inventory_stocklevel_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stockmovement
    ADD CONSTRAINT inventory_stockmovement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stockrepair
    ADD CONSTRAINT inventory_stockrepair_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_stockviolation
    ADD CONSTRAINT inventory_stockviolation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_transfer
    ADD CONSTRAINT inventory_transfer_number_key UNIQUE (number);

ALTER TABLE ONLY public.inventory_transfer
    ADD CONSTRAINT inventory_transfer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inventory_transferline
    ADD CONSTRAINT inventory_transferline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_invoiceline
    ADD CONSTRAINT invoice_line_once UNIQUE (invoice_id, "position");

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT invoice_number_once UNIQUE (series_id, number);

ALTER TABLE ONLY public.orders_invoiceseries
    ADD CONSTRAINT invoice_series_once UNIQUE (provider, environment, tax_id, point_of_sale, document_code);

ALTER TABLE ONLY public.orders_labelpurchase
    ADD CONSTRAINT labelpurchase_attempt_once UNIQUE (shipment_id, attempt);

ALTER TABLE ONLY public.catalog_listing
    ADD CONSTRAINT listing_one_per_colour UNIQUE NULLS NOT DISTINCT (product_id, colour_id);

ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.catalog_optionvalue
    ADD CONSTRAINT optionvalue_unique UNIQUE (option_id, code);

ALTER TABLE ONLY public.orders_addresssnapshot
    ADD CONSTRAINT orders_addresssnapshot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_cancellation
    ADD CONSTRAINT orders_cancellation_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.orders_cancellation
    ADD CONSTRAINT orders_cancellation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_cancellation
    ADD CONSTRAINT orders_cancellation_reimbursement_id_key UNIQUE (reimbursement_id);

ALTER TABLE ONLY public.orders_cancellationline
    ADD CONSTRAINT orders_cancellationline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_carrierbranch
    ADD CONSTRAINT orders_carrierbranch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_cart
    ADD CONSTRAINT orders_cart_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_cart
    ADD CONSTRAINT orders_cart_token_key UNIQUE (token);

ALTER TABLE ONLY public.orders_cart
    ADD CONSTRAINT orders_cart_user_id_key UNIQUE (user_id);

ALTER TABLE ONLY public.orders_cartline
    ADD CONSTRAINT orders_cartline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_checkoutadjustment
    ADD CONSTRAINT orders_checkoutadjustment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_checkoutline
    ADD CONSTRAINT orders_checkoutline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_checkoutsession
    ADD CONSTRAINT orders_checkoutsession_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_checkoutsession
    ADD CONSTRAINT orders_checkoutsession_token_key UNIQUE (token);

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT orders_claim_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT orders_claim_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT orders_claim_reimbursement_id_key UNIQUE (reimbursement_id);

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT orders_claim_rma_id_key UNIQUE (rma_id);

ALTER TABLE ONLY public.orders_claimfile
    ADD CONSTRAINT orders_claimfile_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_claimline
    ADD CONSTRAINT orders_claimline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT orders_exchange_decision_id_key UNIQUE (decision_id);

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT orders_exchange_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT orders_exchange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT orders_exchange_reimbursement_id_key UNIQUE (reimbursement_id);

ALTER TABLE ONLY public.orders_exchangecharge
    ADD CONSTRAINT orders_exchangecharge_exchange_id_key UNIQUE (exchange_id);

ALTER TABLE ONLY public.orders_exchangecharge
    ADD CONSTRAINT orders_exchangecharge_payable_id_key UNIQUE (payable_id);

ALTER TABLE ONLY public.orders_exchangecharge
    ADD CONSTRAINT orders_exchangecharge_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_exchangecharge
    ADD CONSTRAINT orders_exchangecharge_token_key UNIQUE (token);

ALTER TABLE ONLY public.orders_fiscalticket
    ADD CONSTRAINT orders_fiscalticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_foreigninvoicenumber
    ADD CONSTRAINT orders_foreigninvoicenumber_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_inspection
    ADD CONSTRAINT orders_inspection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installment
    ADD CONSTRAINT orders_installment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentbill
    ADD CONSTRAINT orders_installmentbill_payable_id_key UNIQUE (payable_id);

ALTER TABLE ONLY public.orders_installmentbill
    ADD CONSTRAINT orders_installmentbill_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentbill
    ADD CONSTRAINT orders_installmentbill_token_key UNIQUE (token);

ALTER TABLE ONLY public.orders_installmentbillline
    ADD CONSTRAINT orders_installmentbillline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentevent
    ADD CONSTRAINT orders_installmentevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentoffer_categories
    ADD CONSTRAINT orders_installmentoffer__installmentoffer_id_cate_b8080b22_uniq UNIQUE (installmentoffer_id, category_id);

ALTER TABLE ONLY public.orders_installmentoffer_collections
    ADD CONSTRAINT orders_installmentoffer__installmentoffer_id_coll_9bc590d4_uniq UNIQUE (installmentoffer_id, collection_id);

ALTER TABLE ONLY public.orders_installmentoffer_groups
    ADD CONSTRAINT orders_installmentoffer__installmentoffer_id_cust_ea4d825e_uniq UNIQUE (installmentoffer_id, customergroup_id);

ALTER TABLE ONLY public.orders_installmentoffer_products
    ADD CONSTRAINT orders_installmentoffer__installmentoffer_id_prod_7105bd52_uniq UNIQUE (installmentoffer_id, product_id);

ALTER TABLE ONLY public.orders_installmentoffer_customers
    ADD CONSTRAINT orders_installmentoffer__installmentoffer_id_user_7c08fafb_uniq UNIQUE (installmentoffer_id, user_id);

ALTER TABLE ONLY public.orders_installmentoffer_categories
    ADD CONSTRAINT orders_installmentoffer_categories_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentoffer_collections
    ADD CONSTRAINT orders_installmentoffer_collections_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentoffer_customers
    ADD CONSTRAINT orders_installmentoffer_customers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentoffer_groups
    ADD CONSTRAINT orders_installmentoffer_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentoffer
    ADD CONSTRAINT orders_installmentoffer_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentoffer_products
    ADD CONSTRAINT orders_installmentoffer_products_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentplan
    ADD CONSTRAINT orders_installmentplan_order_id_key UNIQUE (order_id);

ALTER TABLE ONLY public.orders_installmentplan
    ADD CONSTRAINT orders_installmentplan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_installmentplan
    ADD CONSTRAINT orders_installmentplan_quote_id_key UNIQUE (quote_id);

ALTER TABLE ONLY public.orders_installmentquote
    ADD CONSTRAINT orders_installmentquote_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_charge_id_key UNIQUE (charge_id);

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_reimbursement_id_key UNIQUE (reimbursement_id);

ALTER TABLE ONLY public.orders_invoicefile
    ADD CONSTRAINT orders_invoicefile_invoice_id_key UNIQUE (invoice_id);

ALTER TABLE ONLY public.orders_invoicefile
    ADD CONSTRAINT orders_invoicefile_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_invoiceline
    ADD CONSTRAINT orders_invoiceline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_invoicemessage
    ADD CONSTRAINT orders_invoicemessage_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_invoiceseries
    ADD CONSTRAINT orders_invoiceseries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_labelpurchase
    ADD CONSTRAINT orders_labelpurchase_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_labelpurchase
    ADD CONSTRAINT orders_labelpurchase_reference_key UNIQUE (reference);

ALTER TABLE ONLY public.orders_labelvoid
    ADD CONSTRAINT orders_labelvoid_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_labelvoid
    ADD CONSTRAINT orders_labelvoid_purchase_id_key UNIQUE (purchase_id);

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_checkout_id_key UNIQUE (checkout_id);

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_number_key UNIQUE (number);

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_secret_key UNIQUE (secret);

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_transaction_id_key UNIQUE (transaction_id);

ALTER TABLE ONLY public.orders_orderadjustment
    ADD CONSTRAINT orders_orderadjustment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_orderhold
    ADD CONSTRAINT orders_orderhold_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_orderhold
    ADD CONSTRAINT orders_orderhold_source_key UNIQUE (source);

ALTER TABLE ONLY public.orders_orderline
    ADD CONSTRAINT orders_orderline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_orderpick
    ADD CONSTRAINT orders_orderpick_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_parcel
    ADD CONSTRAINT orders_parcel_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_payable
    ADD CONSTRAINT orders_payable_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_paymentmethod
    ADD CONSTRAINT orders_paymentmethod_code_key UNIQUE (code);

ALTER TABLE ONLY public.orders_paymentmethod
    ADD CONSTRAINT orders_paymentmethod_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_paymentmethod
    ADD CONSTRAINT orders_paymentmethod_public_number_key UNIQUE (public_number);

ALTER TABLE ONLY public.orders_reimbursement
    ADD CONSTRAINT orders_reimbursement_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.orders_reimbursement
    ADD CONSTRAINT orders_reimbursement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_reimbursementline
    ADD CONSTRAINT orders_reimbursementline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_line_id_key UNIQUE (line_id);

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_return
    ADD CONSTRAINT orders_return_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.orders_return
    ADD CONSTRAINT orders_return_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_return
    ADD CONSTRAINT orders_return_withdrawal_id_key UNIQUE (withdrawal_id);

ALTER TABLE ONLY public.orders_returndecision
    ADD CONSTRAINT orders_returndecision_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.orders_returndecision
    ADD CONSTRAINT orders_returndecision_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_returndecision
    ADD CONSTRAINT orders_returndecision_reimbursement_id_key UNIQUE (reimbursement_id);

ALTER TABLE ONLY public.orders_returndecisionline
    ADD CONSTRAINT orders_returndecisionline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_returnfile
    ADD CONSTRAINT orders_returnfile_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_returnline
    ADD CONSTRAINT orders_returnline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_returnpolicy
    ADD CONSTRAINT orders_returnpolicy_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_returnreason
    ADD CONSTRAINT orders_returnreason_code_key UNIQUE (code);

ALTER TABLE ONLY public.orders_returnreason
    ADD CONSTRAINT orders_returnreason_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_returnreceipt
    ADD CONSTRAINT orders_returnreceipt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_returnreceiptline
    ADD CONSTRAINT orders_returnreceiptline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT orders_shipment_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT orders_shipment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_shipmentfollowup
    ADD CONSTRAINT orders_shipmentfollowup_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_shipmentfollowup
    ADD CONSTRAINT orders_shipmentfollowup_shipment_id_key UNIQUE (shipment_id);

ALTER TABLE ONLY public.orders_shipmentline
    ADD CONSTRAINT orders_shipmentline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_shippingmethod
    ADD CONSTRAINT orders_shippingmethod_code_key UNIQUE (code);

ALTER TABLE ONLY public.orders_shippingmethod
    ADD CONSTRAINT orders_shippingmethod_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_shippingquote
    ADD CONSTRAINT orders_shippingquote_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_shippingrate
    ADD CONSTRAINT orders_shippingrate_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_shippingzone
    ADD CONSTRAINT orders_shippingzone_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_trackingevent
    ADD CONSTRAINT orders_trackingevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_withdrawalrequest
    ADD CONSTRAINT orders_withdrawalrequest_code_key UNIQUE (code);

ALTER TABLE ONLY public.orders_withdrawalrequest
    ADD CONSTRAINT orders_withdrawalrequest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.core_outgoingdelivery
    ADD CONSTRAINT outgoingdelivery_one_each UNIQUE (message_id, endpoint_id);

ALTER TABLE ONLY public.payments_payment
    ADD CONSTRAINT payment_external_unique UNIQUE (gateway, external_id);

ALTER TABLE ONLY public.payments_bankcredit
    ADD CONSTRAINT payments_bankcredit_confirms_id_key UNIQUE (confirms_id);

ALTER TABLE ONLY public.payments_bankcredit
    ADD CONSTRAINT payments_bankcredit_fingerprint_key UNIQUE (fingerprint);

ALTER TABLE ONLY public.payments_bankcredit
    ADD CONSTRAINT payments_bankcredit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_bankrequest
    ADD CONSTRAINT payments_bankrequest_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_bankrequest
    ADD CONSTRAINT payments_bankrequest_refund_id_key UNIQUE (refund_id);

ALTER TABLE ONLY public.payments_bankstatement
    ADD CONSTRAINT payments_bankstatement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_dispute
    ADD CONSTRAINT payments_dispute_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_disputeevidence
    ADD CONSTRAINT payments_disputeevidence_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_disputenote
    ADD CONSTRAINT payments_disputenote_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_payment
    ADD CONSTRAINT payments_payment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_paymentattempt
    ADD CONSTRAINT payments_paymentattempt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_paymentattempt
    ADD CONSTRAINT payments_paymentattempt_token_key UNIQUE (token);

ALTER TABLE ONLY public.payments_payoutline
    ADD CONSTRAINT payments_payoutline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_payoutline
    ADD CONSTRAINT payments_payoutline_refund_id_key UNIQUE (refund_id);

ALTER TABLE ONLY public.payments_payoutreport
    ADD CONSTRAINT payments_payoutreport_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_providerwatch
    ADD CONSTRAINT payments_providerwatch_gateway_key UNIQUE (gateway);

ALTER TABLE ONLY public.payments_providerwatch
    ADD CONSTRAINT payments_providerwatch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_refund
    ADD CONSTRAINT payments_refund_dedupe_key_key UNIQUE (dedupe_key);

ALTER TABLE ONLY public.payments_refund
    ADD CONSTRAINT payments_refund_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_refundline
    ADD CONSTRAINT payments_refundline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_reimbursementpart
    ADD CONSTRAINT payments_reimbursementpart_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_reimbursementpart
    ADD CONSTRAINT payments_reimbursementpart_refund_id_key UNIQUE (refund_id);

ALTER TABLE ONLY public.payments_statementcolumns
    ADD CONSTRAINT payments_statementcolumns_bank_key UNIQUE (bank);

ALTER TABLE ONLY public.payments_statementcolumns
    ADD CONSTRAINT payments_statementcolumns_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_straypayment
    ADD CONSTRAINT payments_straypayment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_transferinstruction
    ADD CONSTRAINT payments_transferinstruction_attempt_id_key UNIQUE (attempt_id);

ALTER TABLE ONLY public.payments_transferinstruction
    ADD CONSTRAINT payments_transferinstruction_code_key UNIQUE (code);

ALTER TABLE ONLY public.payments_transferinstruction
    ADD CONSTRAINT payments_transferinstruction_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_transferreceipt
    ADD CONSTRAINT payments_transferreceipt_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_webhookevent
    ADD CONSTRAINT payments_webhookevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payments_payoutline
    ADD CONSTRAINT payoutline_once UNIQUE (gateway, key);

ALTER TABLE ONLY public.reports_productday
    ADD CONSTRAINT productday_once UNIQUE NULLS NOT DISTINCT (day, currency, variant_id, sku);

ALTER TABLE ONLY public.reports_productperiod
    ADD CONSTRAINT productperiod_once UNIQUE NULLS NOT DISTINCT (grain, first_day, currency, variant_id, sku);

ALTER TABLE ONLY public.inventory_purchaseorderline
    ADD CONSTRAINT purchaseorderline_unique UNIQUE (order_id, variant_id);

ALTER TABLE ONLY public.inventory_purchasereceipt
    ADD CONSTRAINT purchasereceipt_note_once UNIQUE (order_id, delivery_note);

ALTER TABLE ONLY public.inventory_purchasereceiptline
    ADD CONSTRAINT purchasereceiptline_unique UNIQUE (receipt_id, line_id);

ALTER TABLE ONLY public.payments_refundline
    ADD CONSTRAINT refund_line_once UNIQUE NULLS NOT DISTINCT (refund_id, order_line_id);

ALTER TABLE ONLY public.orders_reimbursementline
    ADD CONSTRAINT reimbursement_line_once UNIQUE NULLS NOT DISTINCT (reimbursement_id, kind, order_line_id);

ALTER TABLE ONLY public.reports_report
    ADD CONSTRAINT report_once UNIQUE (report_type, report_date, currency);

ALTER TABLE ONLY public.reports_checkoutday
    ADD CONSTRAINT reports_checkoutday_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports_productday
    ADD CONSTRAINT reports_productday_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports_productperiod
    ADD CONSTRAINT reports_productperiod_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports_report
    ADD CONSTRAINT reports_report_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports_reportchange
    ADD CONSTRAINT reports_reportchange_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports_salesday
    ADD CONSTRAINT reports_salesday_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports_salesentry
    ADD CONSTRAINT reports_salesentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports_soldline
    ADD CONSTRAINT reports_soldline_line_id_key UNIQUE (line_id);

ALTER TABLE ONLY public.reports_soldline
    ADD CONSTRAINT reports_soldline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orders_return
    ADD CONSTRAINT return_ordinal_once UNIQUE (order_id, ordinal);

ALTER TABLE ONLY public.orders_returndecisionline
    ADD CONSTRAINT returndecisionline_once UNIQUE (decision_id, line_id);

ALTER TABLE ONLY public.orders_returnfile
    ADD CONSTRAINT returnfile_once UNIQUE (rma_id, kind, digest);

ALTER TABLE ONLY public.orders_returnline
    ADD CONSTRAINT returnline_once UNIQUE (rma_id, order_line_id);

ALTER TABLE ONLY public.orders_returnpolicy
    ADD CONSTRAINT returnpolicy_once UNIQUE NULLS NOT DISTINCT (product_id, collection_id, applies_from);

ALTER TABLE ONLY public.orders_returnreceipt
    ADD CONSTRAINT returnreceipt_once UNIQUE (rma_id, ordinal);

ALTER TABLE ONLY public.orders_returnreceiptline
    ADD CONSTRAINT returnreceiptline_once UNIQUE (receipt_id, line_id);

ALTER TABLE ONLY public.reports_salesday
    ADD CONSTRAINT salesday_once UNIQUE (day, currency);

ALTER TABLE ONLY public.reports_salesentry
    ADD CONSTRAINT salesentry_once UNIQUE (order_id, kind, source);

ALTER TABLE ONLY public.catalog_searchdeletion
    ADD CONSTRAINT searchdeletion_one UNIQUE (deletion, word);

ALTER TABLE ONLY public.catalog_searchmiss
    ADD CONSTRAINT searchmiss_one_a_day UNIQUE (day, text);

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT shipment_ordinal_once UNIQUE (order_id, ordinal);

ALTER TABLE ONLY public.orders_shipmentline
    ADD CONSTRAINT shipmentline_once UNIQUE (shipment_id, order_line_id);

ALTER TABLE ONLY public.orders_shippingquote
    ADD CONSTRAINT shippingquote_once UNIQUE (key, answered_at, service);

ALTER TABLE ONLY public.inventory_stockalert
    ADD CONSTRAINT stockalert_one_per_category UNIQUE (category_id, kind);

ALTER TABLE ONLY public.inventory_stockalert
    ADD CONSTRAINT stockalert_one_per_variant UNIQUE (variant_id, kind);

ALTER TABLE ONLY public.inventory_stockcountline
    ADD CONSTRAINT stockcountline_unique UNIQUE (stock_count_id, level_id);

ALTER TABLE ONLY public.inventory_stocklevel
    ADD CONSTRAINT stocklevel_unique UNIQUE (variant_id, location_id);

ALTER TABLE ONLY public.core_storedanswer
    ADD CONSTRAINT storedanswer_unique UNIQUE (owner, method, path, key);

ALTER TABLE ONLY public.payments_straypayment
    ADD CONSTRAINT stray_unique UNIQUE (gateway, external_id);

ALTER TABLE ONLY public.orders_trackingevent
    ADD CONSTRAINT trackingevent_once UNIQUE (shipment_id, carrier, digest);

ALTER TABLE ONLY public.inventory_transferline
    ADD CONSTRAINT transferline_unique UNIQUE (transfer_id, variant_id);

ALTER TABLE ONLY public.payments_transferreceipt
    ADD CONSTRAINT transferreceipt_once UNIQUE (instruction_id, digest);

ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_session_key_key UNIQUE (session_key);

ALTER TABLE ONLY public.catalog_variantvalue
    ADD CONSTRAINT variantvalue_one_per_option UNIQUE (variant_id, option_id);

ALTER TABLE ONLY public.payments_webhookevent
    ADD CONSTRAINT webhook_unique UNIQUE (provider, event_id);

CREATE INDEX accessgrant_cart ON public.catalog_accessgrant USING btree (cart_id) WHERE (cart_id IS NOT NULL);

CREATE UNIQUE INDEX accessgrant_one_per_cart ON public.catalog_accessgrant USING btree (collection_id, cart_id) WHERE (cart_id IS NOT NULL);

CREATE UNIQUE INDEX accessgrant_one_per_user ON public.catalog_accessgrant USING btree (collection_id, user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);

CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);

CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);

CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);

CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);

CREATE INDEX accounts_address_user_id_c8c74ddf ON public.accounts_address USING btree (user_id);

CREATE INDEX accounts_erasurerequest_digest_cb376768 ON public.accounts_erasurerequest USING btree (digest);

CREATE INDEX accounts_erasurerequest_digest_cb376768_like ON public.accounts_erasurerequest USING btree (digest varchar_pattern_ops);

CREATE INDEX accounts_user_email_b2644a56_like ON public.accounts_user USING btree (email varchar_pattern_ops);

CREATE INDEX accounts_user_groups_group_id_bd11a704 ON public.accounts_user_groups USING btree (group_id);

CREATE INDEX accounts_user_groups_user_id_52b62117 ON public.accounts_user_groups USING btree (user_id);

CREATE UNIQUE INDEX accounts_user_public_number_once ON public.accounts_user USING btree (public_number);

CREATE INDEX accounts_user_user_permissions_permission_id_113bb443 ON public.accounts_user_user_permissions USING btree (permission_id);

CREATE INDEX accounts_user_user_permissions_user_id_e4f0a161 ON public.accounts_user_user_permissions USING btree (user_id);

CREATE UNIQUE INDEX address_one_default_per_user ON public.accounts_address USING btree (user_id) WHERE is_default;

CREATE UNIQUE INDEX alertfiring_one_open ON public.inventory_alertfiring USING btree (variant_id, kind) WHERE (recovered_at IS NULL);

CREATE INDEX alertfiring_variant ON public.inventory_alertfiring USING btree (variant_id, triggered_at DESC);

CREATE INDEX attempt_check_due ON public.payments_paymentattempt USING btree (next_check_at) WHERE (next_check_at IS NOT NULL);

CREATE INDEX attempt_checkout ON public.payments_paymentattempt USING btree (checkout_id, created_at DESC);

CREATE UNIQUE INDEX attempt_external_unique ON public.payments_paymentattempt USING btree (gateway, external_id) WHERE (NOT ((external_id)::text = ''::text));

CREATE UNIQUE INDEX attempt_one_live ON public.payments_paymentattempt USING btree (payable_id) WHERE ((status)::text = ANY (ARRAY[('created'::character varying)::text, ('redirected'::character varying)::text, ('pending'::character varying)::text]));

CREATE INDEX attempt_payable ON public.payments_paymentattempt USING btree (payable_id);

CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);

CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);

CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);

CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);

CREATE INDEX bankcredit_amount ON public.payments_bankcredit USING btree (amount, currency, booked_on);

CREATE INDEX bankcredit_kept ON public.payments_bankcredit USING btree (created_at) WHERE (forgotten_at IS NULL);

CREATE INDEX bankcredit_noted ON public.payments_bankcredit USING btree (noted_at) WHERE (noted_at IS NOT NULL);

CREATE INDEX bankcredit_settle ON public.payments_bankcredit USING btree (settle_at) WHERE (settle_at IS NOT NULL);

CREATE UNIQUE INDEX bankcredit_staff_number_once ON public.payments_bankcredit USING btree (bank, number) WHERE (((source)::text = 'staff'::text) AND (NOT ((number)::text = ''::text)));

CREATE INDEX bankcredit_statement ON public.payments_bankcredit USING btree (statement_id, "row");

CREATE INDEX bankcredit_status ON public.payments_bankcredit USING btree (status, booked_on DESC);

CREATE INDEX bankrequest_reminder ON public.payments_bankrequest USING btree (next_reminder_at) WHERE (next_reminder_at IS NOT NULL);

CREATE UNIQUE INDEX bankstatement_once ON public.payments_bankstatement USING btree (bank, digest) WHERE ((status)::text = ANY (ARRAY[('new'::character varying)::text, ('uploaded'::character varying)::text, ('done'::character varying)::text]));

CREATE INDEX bankstatement_waiting ON public.payments_bankstatement USING btree (created_at) WHERE ((status)::text = 'uploaded'::text);

CREATE UNIQUE INDEX cancellation_whole_once ON public.orders_cancellation USING btree (order_id) WHERE is_whole;

CREATE INDEX carrierbranch_refreshed ON public.orders_carrierbranch USING btree (refreshed_at);

CREATE INDEX cart_age ON public.orders_cart USING btree (updated_at);

CREATE INDEX cart_buyer ON public.orders_cart USING btree (buyer_id) WHERE (buyer_id IS NOT NULL);

CREATE INDEX catalog_accesscode_collection_id_092c1f68 ON public.catalog_accesscode USING btree (collection_id);

CREATE INDEX catalog_accessgrant_code_id_c66b6b08 ON public.catalog_accessgrant USING btree (code_id);

CREATE INDEX catalog_accessgrant_collection_id_144af8be ON public.catalog_accessgrant USING btree (collection_id);

CREATE INDEX catalog_accessgrant_user_id_d03f3e94 ON public.catalog_accessgrant USING btree (user_id);

CREATE INDEX catalog_brand_name_ea62c47f_like ON public.catalog_brand USING btree (name varchar_pattern_ops);

CREATE INDEX catalog_brand_slug_988c8dbc_like ON public.catalog_brand USING btree (slug varchar_pattern_ops);

CREATE INDEX catalog_category_path_382c688d_like ON public.catalog_category USING btree (path varchar_pattern_ops);

CREATE INDEX catalog_category_path_slug_4f845394_like ON public.catalog_category USING btree (path_slug varchar_pattern_ops);

CREATE INDEX catalog_category_slug_dbf63ad0 ON public.catalog_category USING btree (slug);

CREATE INDEX catalog_category_slug_dbf63ad0_like ON public.catalog_category USING btree (slug varchar_pattern_ops);

CREATE INDEX catalog_collection_slug_233fbd4d_like ON public.catalog_collection USING btree (slug varchar_pattern_ops);

CREATE INDEX catalog_collectionproduct_collection_id_eda66c28 ON public.catalog_collectionproduct USING btree (collection_id);

CREATE INDEX catalog_collectionproduct_product_id_cd7106ae ON public.catalog_collectionproduct USING btree (product_id);

CREATE INDEX catalog_customergroup_members_customergroup_id_ce584664 ON public.catalog_customergroup_members USING btree (customergroup_id);

CREATE INDEX catalog_customergroup_members_user_id_71c2af81 ON public.catalog_customergroup_members USING btree (user_id);

CREATE INDEX catalog_customergroup_name_cf7174d1_like ON public.catalog_customergroup USING btree (name varchar_pattern_ops);

CREATE INDEX catalog_earlyopening_collection_id_35f204af ON public.catalog_earlyopening USING btree (collection_id);

CREATE INDEX catalog_earlyopening_group_id_e9b9aedc ON public.catalog_earlyopening USING btree (group_id);

CREATE INDEX catalog_formeraddress_category_id_7fb6c507 ON public.catalog_formeraddress USING btree (category_id);

CREATE INDEX catalog_formeraddress_collection_id_95f25ad8 ON public.catalog_formeraddress USING btree (collection_id);

CREATE INDEX catalog_formeraddress_product_id_eaeb998e ON public.catalog_formeraddress USING btree (product_id);

CREATE INDEX catalog_option_code_e456dd33_like ON public.catalog_option USING btree (code varchar_pattern_ops);

CREATE INDEX catalog_optionvalue_code_7685b93d ON public.catalog_optionvalue USING btree (code);

CREATE INDEX catalog_optionvalue_code_7685b93d_like ON public.catalog_optionvalue USING btree (code varchar_pattern_ops);

CREATE INDEX catalog_optionvalue_option_id_412a2011 ON public.catalog_optionvalue USING btree (option_id);

CREATE INDEX catalog_pricechange_variant_id_5930dd30 ON public.catalog_pricechange USING btree (variant_id);

CREATE INDEX catalog_product_brand_id_bb0c7890 ON public.catalog_product USING btree (brand_id);

CREATE INDEX catalog_product_category_id_35bf920b ON public.catalog_product USING btree (category_id);

CREATE INDEX catalog_product_options_option_id_d6249875 ON public.catalog_product_options USING btree (option_id);

CREATE INDEX catalog_product_options_product_id_fa0cba69 ON public.catalog_product_options USING btree (product_id);

CREATE INDEX catalog_product_slug_f37848b0_like ON public.catalog_product USING btree (slug varchar_pattern_ops);

CREATE INDEX catalog_product_supplier_id_4dd661ea ON public.catalog_product USING btree (supplier_id);

CREATE INDEX catalog_productimage_colour_id_8d637c2c ON public.catalog_productimage USING btree (colour_id);

CREATE INDEX catalog_productimage_product_id_1f42dd8c ON public.catalog_productimage USING btree (product_id);

CREATE INDEX catalog_searchword_word_fb48ee13_like ON public.catalog_searchword USING btree (word varchar_pattern_ops);

CREATE INDEX catalog_supplier_name_20ee1678_like ON public.catalog_supplier USING btree (name varchar_pattern_ops);

CREATE INDEX catalog_variant_product_id_8a21d193 ON public.catalog_variant USING btree (product_id);

CREATE UNIQUE INDEX catalog_variant_public_number_once ON public.catalog_variant USING btree (public_number);

CREATE INDEX catalog_variant_sku_92777037_like ON public.catalog_variant USING btree (sku varchar_pattern_ops);

CREATE INDEX catalog_variantvalue_option_id_42357998 ON public.catalog_variantvalue USING btree (option_id);

CREATE INDEX catalog_variantvalue_value_id_feeb1ec3 ON public.catalog_variantvalue USING btree (value_id);

CREATE INDEX catalog_variantvalue_variant_id_6d971ba4 ON public.catalog_variantvalue USING btree (variant_id);

CREATE INDEX catalog_waitingentry_collection_id_84e45623 ON public.catalog_waitingentry USING btree (collection_id);

CREATE INDEX catalog_waitingentry_token_f202fc54_like ON public.catalog_waitingentry USING btree (token varchar_pattern_ops);

CREATE INDEX catalog_waitingentry_user_id_19001888 ON public.catalog_waitingentry USING btree (user_id);

CREATE INDEX catalog_waitingentry_variant_id_d07c5ce8 ON public.catalog_waitingentry USING btree (variant_id);

CREATE UNIQUE INDEX checkout_one_live_per_cart ON public.orders_checkoutsession USING btree (cart_id) WHERE ((status)::text = ANY (ARRAY[('open'::character varying)::text, ('awaiting_payment'::character varying)::text]));

CREATE INDEX checkout_status ON public.orders_checkoutsession USING btree (status, created_at DESC);

CREATE INDEX claim_status ON public.orders_claim USING btree (status, created_at DESC);

CREATE INDEX claim_to_answer ON public.orders_claim USING btree (created_at) WHERE ((status)::text = ANY (ARRAY[('open'::character varying)::text, ('approved'::character varying)::text]));

CREATE INDEX collectionproduct_order ON public.catalog_collectionproduct USING btree (collection_id, sort_order);

CREATE INDEX core_counter_name_4ba02537_like ON public.core_counter USING btree (name varchar_pattern_ops);

CREATE INDEX core_emaillog_dedupe_key_d61cb74a_like ON public.core_emaillog USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX core_emaillog_trail_0192ceee ON public.core_emaillog USING btree (trail);

CREATE INDEX core_emaillog_user_id_3002fcb2 ON public.core_emaillog USING btree (user_id);

CREATE INDEX core_outgoingattempt_delivery_id_124b51e5 ON public.core_outgoingattempt USING btree (delivery_id);

CREATE INDEX core_outgoingdelivery_endpoint_id_a2c6e3f0 ON public.core_outgoingdelivery USING btree (endpoint_id);

CREATE INDEX core_outgoingdelivery_message_id_a0ae9ab3 ON public.core_outgoingdelivery USING btree (message_id);

CREATE INDEX core_outgoingmessage_once_cdc2c4dc_like ON public.core_outgoingmessage USING btree (once varchar_pattern_ops);

CREATE INDEX dispute_due ON public.payments_dispute USING btree (respond_by) WHERE ((status)::text = ANY (ARRAY[('inquiry'::character varying)::text, ('needs_response'::character varying)::text]));

CREATE INDEX dispute_next_look ON public.payments_dispute USING btree (next_look_at) WHERE (closed_at IS NULL);

CREATE INDEX dispute_status ON public.payments_dispute USING btree (status, opened_at DESC);

CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON public.django_admin_log USING btree (content_type_id);

CREATE INDEX django_admin_log_user_id_c564eba6 ON public.django_admin_log USING btree (user_id);

CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);

CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);

CREATE INDEX email_due ON public.core_emaillog USING btree (next_try_at) WHERE ((status)::text = ANY (ARRAY[('queued'::character varying)::text, ('sending'::character varying)::text]));

CREATE INDEX email_newest ON public.core_emaillog USING btree (created_at DESC);

CREATE INDEX erasure_due ON public.accounts_erasurerequest USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);

CREATE UNIQUE INDEX erasure_one_open_per_person ON public.accounts_erasurerequest USING btree (digest) WHERE ((status)::text = ANY (ARRAY[('confirmed'::character varying)::text, ('postponed'::character varying)::text, ('erasing'::character varying)::text, ('telling'::character varying)::text]));

CREATE INDEX event_subject ON public.core_event USING btree (subject_type, subject_id, occurred_at);

CREATE INDEX event_trail ON public.core_event USING btree (trail, occurred_at) WHERE (trail IS NOT NULL);

CREATE UNIQUE INDEX exchange_one_open_per_return ON public.orders_exchange USING btree (rma_id) WHERE ((status)::text = 'requested'::text);

CREATE INDEX exchange_open ON public.orders_exchange USING btree (created_at) WHERE ((status)::text = 'requested'::text);

CREATE INDEX exchange_status ON public.orders_exchange USING btree (status, created_at DESC);

CREATE INDEX exchangecharge_due ON public.orders_exchangecharge USING btree (expires_at) WHERE ((status)::text = ANY (ARRAY[('open'::character varying)::text, ('awaiting'::character varying)::text]));

CREATE INDEX exportjob_kept ON public.inventory_exportjob USING btree (finished_at) WHERE ((status)::text = 'done'::text);

CREATE UNIQUE INDEX exportjob_one_running ON public.inventory_exportjob USING btree (actor, contents, form, language, filters) WHERE ((status)::text = 'waiting'::text);

CREATE INDEX exportjob_waiting ON public.inventory_exportjob USING btree (created_at) WHERE ((status)::text = 'waiting'::text);

CREATE INDEX followup_due ON public.orders_shipmentfollowup USING btree (next_at) WHERE (next_at IS NOT NULL);

CREATE INDEX idempotencykey_age ON public.core_idempotencykey USING btree (created_at);

CREATE INDEX importissue_row ON public.inventory_importissue USING btree (job_id, "row");

CREATE INDEX importjob_waiting ON public.inventory_importjob USING btree (created_at) WHERE ((status)::text = ANY (ARRAY[('uploaded'::character varying)::text, ('confirmed'::character varying)::text]));

CREATE INDEX installment_notice_due ON public.orders_installment USING btree (next_notice_at) WHERE (next_notice_at IS NOT NULL);

CREATE INDEX installment_open_due ON public.orders_installment USING btree (due_date) WHERE (open_amount > (0)::numeric);

CREATE UNIQUE INDEX installmentbill_one_live_choice ON public.orders_installmentbill USING btree (plan_id, choice) WHERE ((status)::text = ANY (ARRAY[('open'::character varying)::text, ('awaiting'::character varying)::text]));

CREATE INDEX installmentevent_cause ON public.orders_installmentevent USING btree (cause);

CREATE UNIQUE INDEX installmentoffer_one_current ON public.orders_installmentoffer USING btree (code) WHERE is_current;

CREATE INDEX installmentplan_first ON public.orders_installmentplan USING btree (pay_first_by) WHERE ((status)::text = 'awaiting'::text);

CREATE INDEX installmentplan_status ON public.orders_installmentplan USING btree (status, created_at DESC);

CREATE INDEX installmentplan_user ON public.orders_installmentplan USING btree (user_id, status);

CREATE INDEX installmentquote_age ON public.orders_installmentquote USING btree (valid_until);

CREATE INDEX installmentquote_checkout ON public.orders_installmentquote USING btree (checkout_id, shown_at DESC);

CREATE INDEX inventory_alertfiring_alert_id_7b872c2c ON public.inventory_alertfiring USING btree (alert_id);

CREATE INDEX inventory_alertfiring_variant_id_385b653c ON public.inventory_alertfiring USING btree (variant_id);

CREATE INDEX inventory_exportpart_job_id_ebf5ddb2 ON public.inventory_exportpart USING btree (job_id);

CREATE INDEX inventory_importedrow_job_id_2eb3ce4b ON public.inventory_importedrow USING btree (job_id);

CREATE INDEX inventory_importedrow_level_id_3907d360 ON public.inventory_importedrow USING btree (level_id);

CREATE INDEX inventory_importissue_job_id_e2fae025 ON public.inventory_importissue USING btree (job_id);

CREATE INDEX inventory_location_code_8bf97d37_like ON public.inventory_location USING btree (code varchar_pattern_ops);

CREATE INDEX inventory_location_name_c02ddce9_like ON public.inventory_location USING btree (name varchar_pattern_ops);

CREATE INDEX inventory_purchaseorder_location_id_76a3d6e0 ON public.inventory_purchaseorder USING btree (location_id);

CREATE INDEX inventory_purchaseorder_number_d178e3d5_like ON public.inventory_purchaseorder USING btree (number varchar_pattern_ops);

CREATE INDEX inventory_purchaseorder_supplier_id_c6bc28e9 ON public.inventory_purchaseorder USING btree (supplier_id);

CREATE INDEX inventory_purchaseorderline_order_id_2e62329b ON public.inventory_purchaseorderline USING btree (order_id);

CREATE INDEX inventory_purchaseorderline_variant_id_240ea32f ON public.inventory_purchaseorderline USING btree (variant_id);

CREATE INDEX inventory_purchasereceipt_order_id_70ee61e6 ON public.inventory_purchasereceipt USING btree (order_id);

CREATE INDEX inventory_purchasereceiptline_line_id_011ff454 ON public.inventory_purchasereceiptline USING btree (line_id);

CREATE INDEX inventory_purchasereceiptline_receipt_id_bc59e6bb ON public.inventory_purchasereceiptline USING btree (receipt_id);

CREATE INDEX inventory_reservation_level_id_81171607 ON public.inventory_reservation USING btree (level_id);

CREATE INDEX inventory_reservation_location_id_5c6c0e8e ON public.inventory_reservation USING btree (location_id);

CREATE INDEX inventory_stockalert_category_id_fdf0dde6 ON public.inventory_stockalert USING btree (category_id);

CREATE INDEX inventory_stockalert_variant_id_84d07954 ON public.inventory_stockalert USING btree (variant_id);

CREATE INDEX inventory_stockcount_category_id_09f6f700 ON public.inventory_stockcount USING btree (category_id);

CREATE INDEX inventory_stockcount_location_id_977bf006 ON public.inventory_stockcount USING btree (location_id);

CREATE INDEX inventory_stockcount_number_b7d5ab4c_like ON public.inventory_stockcount USING btree (number varchar_pattern_ops);

CREATE INDEX inventory_stockcountentry_line_id_1b02ade8 ON public.inventory_stockcountentry USING btree (line_id);

CREATE INDEX inventory_stockcountline_level_id_6a1cc6e2 ON public.inventory_stockcountline USING btree (level_id);

CREATE INDEX inventory_stockcountline_stock_count_id_4d6160c7 ON public.inventory_stockcountline USING btree (stock_count_id);

CREATE INDEX inventory_stocklevel_location_id_14713b21 ON public.inventory_stocklevel USING btree (location_id);

CREATE INDEX inventory_stocklevel_variant_id_24c2dc1f ON public.inventory_stocklevel USING btree (variant_id);

CREATE INDEX inventory_stockmovement_level_id_463770a9 ON public.inventory_stockmovement USING btree (level_id);

CREATE INDEX inventory_stockmovement_location_id_6893c668 ON public.inventory_stockmovement USING btree (location_id);

CREATE INDEX inventory_stockmovement_variant_id_ddd5a752 ON public.inventory_stockmovement USING btree (variant_id);

CREATE INDEX inventory_stockrepair_level_id_6e9e7556 ON public.inventory_stockrepair USING btree (level_id);

CREATE INDEX inventory_stockviolation_level_id_cb21a9cb ON public.inventory_stockviolation USING btree (level_id);

CREATE INDEX inventory_stockviolation_stock_check_id_3918b89a ON public.inventory_stockviolation USING btree (stock_check_id);

CREATE INDEX inventory_transfer_destination_id_9ba1071f ON public.inventory_transfer USING btree (destination_id);

CREATE INDEX inventory_transfer_number_42aebe5a_like ON public.inventory_transfer USING btree (number varchar_pattern_ops);

CREATE INDEX inventory_transfer_source_id_37fc1dde ON public.inventory_transfer USING btree (source_id);

CREATE INDEX inventory_transferline_transfer_id_81657792 ON public.inventory_transferline USING btree (transfer_id);

CREATE INDEX inventory_transferline_variant_id_5b102f6c ON public.inventory_transferline USING btree (variant_id);

CREATE INDEX invoice_due ON public.orders_invoice USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);

CREATE INDEX invoice_status ON public.orders_invoice USING btree (status, created_at DESC);

CREATE INDEX jobrun_newest ON public.core_jobrun USING btree (job, started_at DESC);

CREATE INDEX labelpurchase_due ON public.orders_labelpurchase USING btree (next_check_at) WHERE (next_check_at IS NOT NULL);

CREATE UNIQUE INDEX labelpurchase_one_live ON public.orders_labelpurchase USING btree (shipment_id) WHERE ((status)::text = ANY (ARRAY[('reserved'::character varying)::text, ('sent'::character varying)::text, ('accepted'::character varying)::text, ('bought'::character varying)::text, ('unknown'::character varying)::text]));

CREATE INDEX labelpurchase_status ON public.orders_labelpurchase USING btree (status, created_at DESC);

CREATE INDEX labelvoid_due ON public.orders_labelvoid USING btree (next_check_at) WHERE (next_check_at IS NOT NULL);

CREATE INDEX listing_document ON public.catalog_listing USING gin (document) WITH (fastupdate=off);

CREATE INDEX listing_revision ON public.catalog_listing USING btree (revision);

CREATE INDEX listingmark_key ON public.catalog_listingmark USING btree (kind, key);

CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);

CREATE INDEX order_email ON public.orders_order USING btree (email);

CREATE INDEX order_fiscal_due ON public.orders_order USING btree (placed_at) WHERE ((erased_at IS NOT NULL) AND (fiscal_erased_at IS NULL));

CREATE INDEX order_newest ON public.orders_order USING btree (placed_at DESC);

CREATE INDEX order_promise_due ON public.orders_order USING btree (promised_by) WHERE ((late_since IS NULL) AND ((status)::text = 'confirmed'::text));

CREATE INDEX order_status ON public.orders_order USING btree (status, placed_at DESC);

CREATE INDEX order_user ON public.orders_order USING btree (user_id, placed_at DESC);

CREATE INDEX orderhold_active ON public.orders_orderhold USING btree (order_id) WHERE ((status)::text = 'active'::text);

CREATE INDEX orderpick_newest ON public.orders_orderpick USING btree (picked_at DESC);

CREATE INDEX orders_cancellation_dedupe_key_77290773_like ON public.orders_cancellation USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX orders_cancellation_order_id_d4fb1677 ON public.orders_cancellation USING btree (order_id);

CREATE INDEX orders_cancellationline_cancellation_id_656e300f ON public.orders_cancellationline USING btree (cancellation_id);

CREATE INDEX orders_cancellationline_order_line_id_58530771 ON public.orders_cancellationline USING btree (order_line_id);

CREATE INDEX orders_cartline_variant_id_88b6307b ON public.orders_cartline USING btree (variant_id);

CREATE INDEX orders_checkoutadjustment_checkout_id_ec15ce38 ON public.orders_checkoutadjustment USING btree (checkout_id);

CREATE INDEX orders_checkoutadjustment_line_id_8388e799 ON public.orders_checkoutadjustment USING btree (line_id);

CREATE INDEX orders_checkoutline_checkout_id_f30eae4f ON public.orders_checkoutline USING btree (checkout_id);

CREATE INDEX orders_checkoutline_variant_id_e16e529a ON public.orders_checkoutline USING btree (variant_id);

CREATE INDEX orders_checkoutsession_billing_address_id_dc2fe23b ON public.orders_checkoutsession USING btree (billing_address_id);

CREATE INDEX orders_checkoutsession_cart_id_ade7280e ON public.orders_checkoutsession USING btree (cart_id);

CREATE INDEX orders_checkoutsession_shipping_address_id_bf2bf4cd ON public.orders_checkoutsession USING btree (shipping_address_id);

CREATE INDEX orders_checkoutsession_shipping_rate_id_c131311c ON public.orders_checkoutsession USING btree (shipping_rate_id);

CREATE INDEX orders_checkoutsession_user_id_724d75a2 ON public.orders_checkoutsession USING btree (user_id);

CREATE INDEX orders_claim_dedupe_key_d41cb093_like ON public.orders_claim USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX orders_claim_order_id_23c9435e ON public.orders_claim USING btree (order_id);

CREATE INDEX orders_claim_shipment_id_058640b4 ON public.orders_claim USING btree (shipment_id);

CREATE INDEX orders_claimfile_claim_id_75e142cb ON public.orders_claimfile USING btree (claim_id);

CREATE INDEX orders_claimline_claim_id_bc8fd783 ON public.orders_claimline USING btree (claim_id);

CREATE INDEX orders_claimline_order_line_id_edb87d95 ON public.orders_claimline USING btree (order_line_id);

CREATE INDEX orders_exchange_dedupe_key_2e2b31aa_like ON public.orders_exchange USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX orders_exchange_order_id_62a18a87 ON public.orders_exchange USING btree (order_id);

CREATE INDEX orders_exchange_rma_id_3ee08f8c ON public.orders_exchange USING btree (rma_id);

CREATE INDEX orders_exchangecharge_token_82a10501_like ON public.orders_exchangecharge USING btree (token varchar_pattern_ops);

CREATE INDEX orders_foreigninvoicenumber_series_id_bcdc57b1 ON public.orders_foreigninvoicenumber USING btree (series_id);

CREATE INDEX orders_inspection_found_id_6450255e ON public.orders_inspection USING btree (found_id);

CREATE INDEX orders_inspection_line_id_be3d2430 ON public.orders_inspection USING btree (line_id);

CREATE INDEX orders_inspection_location_id_f73f7fb3 ON public.orders_inspection USING btree (location_id);

CREATE INDEX orders_inspection_movement_id_c242f558 ON public.orders_inspection USING btree (movement_id);

CREATE INDEX orders_installment_plan_id_2376d06c ON public.orders_installment USING btree (plan_id);

CREATE UNIQUE INDEX orders_installment_public_number_once ON public.orders_installment USING btree (public_number);

CREATE INDEX orders_installmentbill_plan_id_cb4b474a ON public.orders_installmentbill USING btree (plan_id);

CREATE INDEX orders_installmentbill_token_2fe481fa_like ON public.orders_installmentbill USING btree (token varchar_pattern_ops);

CREATE INDEX orders_installmentbillline_bill_id_b263cb5c ON public.orders_installmentbillline USING btree (bill_id);

CREATE INDEX orders_installmentbillline_installment_id_efb92e54 ON public.orders_installmentbillline USING btree (installment_id);

CREATE INDEX orders_installmentevent_installment_id_f7d50442 ON public.orders_installmentevent USING btree (installment_id);

CREATE INDEX orders_installmentoffer_categories_category_id_ec2e9777 ON public.orders_installmentoffer_categories USING btree (category_id);

CREATE INDEX orders_installmentoffer_categories_installmentoffer_id_833d39a5 ON public.orders_installmentoffer_categories USING btree (installmentoffer_id);

CREATE INDEX orders_installmentoffer_co_installmentoffer_id_53c68db1 ON public.orders_installmentoffer_collections USING btree (installmentoffer_id);

CREATE INDEX orders_installmentoffer_code_876a552a ON public.orders_installmentoffer USING btree (code);

CREATE INDEX orders_installmentoffer_code_876a552a_like ON public.orders_installmentoffer USING btree (code varchar_pattern_ops);

CREATE INDEX orders_installmentoffer_collections_collection_id_a9c345ee ON public.orders_installmentoffer_collections USING btree (collection_id);

CREATE INDEX orders_installmentoffer_customers_installmentoffer_id_820d60ff ON public.orders_installmentoffer_customers USING btree (installmentoffer_id);

CREATE INDEX orders_installmentoffer_customers_user_id_1206ba77 ON public.orders_installmentoffer_customers USING btree (user_id);

CREATE INDEX orders_installmentoffer_groups_customergroup_id_59a7043f ON public.orders_installmentoffer_groups USING btree (customergroup_id);

CREATE INDEX orders_installmentoffer_groups_installmentoffer_id_5f8ad2be ON public.orders_installmentoffer_groups USING btree (installmentoffer_id);

CREATE INDEX orders_installmentoffer_products_installmentoffer_id_d2cbee68 ON public.orders_installmentoffer_products USING btree (installmentoffer_id);

CREATE INDEX orders_installmentoffer_products_product_id_a0ce889f ON public.orders_installmentoffer_products USING btree (product_id);

CREATE INDEX orders_installmentplan_user_id_fc9fa0a0 ON public.orders_installmentplan USING btree (user_id);

CREATE INDEX orders_installmentquote_checkout_id_87e340e0 ON public.orders_installmentquote USING btree (checkout_id);

CREATE INDEX orders_installmentquote_offer_id_d24aeda0 ON public.orders_installmentquote USING btree (offer_id);

CREATE INDEX orders_invoice_dedupe_key_9552c654_like ON public.orders_invoice USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX orders_invoice_order_id_bc372e79 ON public.orders_invoice USING btree (order_id);

CREATE INDEX orders_invoice_related_to_id_d3c052f1 ON public.orders_invoice USING btree (related_to_id);

CREATE INDEX orders_invoice_series_id_7b909240 ON public.orders_invoice USING btree (series_id);

CREATE INDEX orders_invoiceline_credits_id_674d0996 ON public.orders_invoiceline USING btree (credits_id);

CREATE INDEX orders_invoiceline_invoice_id_e0ebe73f ON public.orders_invoiceline USING btree (invoice_id);

CREATE INDEX orders_invoiceline_order_line_id_80e520f8 ON public.orders_invoiceline USING btree (order_line_id);

CREATE INDEX orders_invoicemessage_invoice_id_85d411ae ON public.orders_invoicemessage USING btree (invoice_id);

CREATE INDEX orders_labelpurchase_reference_402a4ce7_like ON public.orders_labelpurchase USING btree (reference varchar_pattern_ops);

CREATE INDEX orders_labelpurchase_shipment_id_afa75810 ON public.orders_labelpurchase USING btree (shipment_id);

CREATE INDEX orders_order_billing_address_id_deb02e83 ON public.orders_order USING btree (billing_address_id);

CREATE INDEX orders_order_secret_8743ad18_like ON public.orders_order USING btree (secret varchar_pattern_ops);

CREATE INDEX orders_order_shipping_address_id_c4f8227a ON public.orders_order USING btree (shipping_address_id);

CREATE INDEX orders_order_transaction_id_1e4739a8_like ON public.orders_order USING btree (transaction_id varchar_pattern_ops);

CREATE INDEX orders_order_user_id_e9b59eb1 ON public.orders_order USING btree (user_id);

CREATE INDEX orders_orderadjustment_line_id_59f6c349 ON public.orders_orderadjustment USING btree (line_id);

CREATE INDEX orders_orderadjustment_order_id_f607005d ON public.orders_orderadjustment USING btree (order_id);

CREATE INDEX orders_orderhold_order_id_206e1c1c ON public.orders_orderhold USING btree (order_id);

CREATE INDEX orders_orderhold_source_80ac2dbc_like ON public.orders_orderhold USING btree (source varchar_pattern_ops);

CREATE INDEX orders_orderline_order_id_17f8f3ef ON public.orders_orderline USING btree (order_id);

CREATE UNIQUE INDEX orders_orderline_public_number_once ON public.orders_orderline USING btree (public_number);

CREATE INDEX orders_orderline_variant_id_0aa9a0d5 ON public.orders_orderline USING btree (variant_id);

CREATE INDEX orders_orderpick_line_id_c55dbbfe ON public.orders_orderpick USING btree (line_id);

CREATE INDEX orders_orderpick_location_id_3757f0f3 ON public.orders_orderpick USING btree (location_id);

CREATE INDEX orders_parcel_shipment_id_0f0df3f8 ON public.orders_parcel USING btree (shipment_id);

CREATE INDEX orders_payable_purchase_id_f09986ff ON public.orders_payable USING btree (purchase_id);

CREATE INDEX orders_paymentmethod_code_cee298e6_like ON public.orders_paymentmethod USING btree (code varchar_pattern_ops);

CREATE INDEX orders_reimbursement_dedupe_key_209ad304_like ON public.orders_reimbursement USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX orders_reimbursement_order_id_ed19b86a ON public.orders_reimbursement USING btree (order_id);

CREATE INDEX orders_reimbursementline_order_line_id_fdbdd5b1 ON public.orders_reimbursementline USING btree (order_line_id);

CREATE INDEX orders_reimbursementline_reimbursement_id_f2b5f166 ON public.orders_reimbursementline USING btree (reimbursement_id);

CREATE INDEX orders_replacement_claim_id_51b86341 ON public.orders_replacement USING btree (claim_id);

CREATE INDEX orders_replacement_claim_line_id_5b59bce7 ON public.orders_replacement USING btree (claim_line_id);

CREATE INDEX orders_replacement_exchange_id_d77c5bc8 ON public.orders_replacement USING btree (exchange_id);

CREATE INDEX orders_replacement_replaced_id_27c60cf1 ON public.orders_replacement USING btree (replaced_id);

CREATE INDEX orders_replacement_return_line_id_afca3bb7 ON public.orders_replacement USING btree (return_line_id);

CREATE INDEX orders_replacement_variant_id_78240a32 ON public.orders_replacement USING btree (variant_id);

CREATE INDEX orders_return_dedupe_key_03853d12_like ON public.orders_return USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX orders_return_order_id_cde1ef50 ON public.orders_return USING btree (order_id);

CREATE INDEX orders_returndecision_dedupe_key_2db65b88_like ON public.orders_returndecision USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX orders_returndecision_rma_id_63153b7c ON public.orders_returndecision USING btree (rma_id);

CREATE INDEX orders_returndecisionline_decision_id_2638a260 ON public.orders_returndecisionline USING btree (decision_id);

CREATE INDEX orders_returndecisionline_line_id_fc4b5876 ON public.orders_returndecisionline USING btree (line_id);

CREATE INDEX orders_returnfile_rma_id_147ed7d3 ON public.orders_returnfile USING btree (rma_id);

CREATE INDEX orders_returnline_order_line_id_d1776790 ON public.orders_returnline USING btree (order_line_id);

CREATE INDEX orders_returnline_reason_id_c098fa90 ON public.orders_returnline USING btree (reason_id);

CREATE INDEX orders_returnline_rma_id_ed80c0a1 ON public.orders_returnline USING btree (rma_id);

CREATE INDEX orders_returnpolicy_collection_id_80deefbe ON public.orders_returnpolicy USING btree (collection_id);

CREATE INDEX orders_returnpolicy_product_id_8a82c8f1 ON public.orders_returnpolicy USING btree (product_id);

CREATE INDEX orders_returnreason_code_79e9d0f5_like ON public.orders_returnreason USING btree (code varchar_pattern_ops);

CREATE INDEX orders_returnreceipt_location_id_9475db9e ON public.orders_returnreceipt USING btree (location_id);

CREATE INDEX orders_returnreceipt_rma_id_eba03610 ON public.orders_returnreceipt USING btree (rma_id);

CREATE INDEX orders_returnreceiptline_line_id_4bca50c1 ON public.orders_returnreceiptline USING btree (line_id);

CREATE INDEX orders_returnreceiptline_movement_id_a61cb299 ON public.orders_returnreceiptline USING btree (movement_id);

CREATE INDEX orders_returnreceiptline_receipt_id_c38d6523 ON public.orders_returnreceiptline USING btree (receipt_id);

CREATE INDEX orders_shipment_dedupe_key_52cecc32_like ON public.orders_shipment USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX orders_shipment_location_id_d4cedc7b ON public.orders_shipment USING btree (location_id);

CREATE INDEX orders_shipment_method_id_cf76840c ON public.orders_shipment USING btree (method_id);

CREATE INDEX orders_shipment_order_id_661ed8ed ON public.orders_shipment USING btree (order_id);

CREATE INDEX orders_shipmentline_order_line_id_ca48a18c ON public.orders_shipmentline USING btree (order_line_id);

CREATE INDEX orders_shipmentline_shipment_id_fa484a42 ON public.orders_shipmentline USING btree (shipment_id);

CREATE INDEX orders_shippingmethod_code_90d6e3c4_like ON public.orders_shippingmethod USING btree (code varchar_pattern_ops);

CREATE INDEX orders_shippingquote_method_id_68f6dc7e ON public.orders_shippingquote USING btree (method_id);

CREATE INDEX orders_shippingrate_method_id_0bc7f9f9 ON public.orders_shippingrate USING btree (method_id);

CREATE INDEX orders_shippingrate_zone_id_5163a24d ON public.orders_shippingrate USING btree (zone_id);

CREATE INDEX orders_trackingevent_shipment_id_a6d426c7 ON public.orders_trackingevent USING btree (shipment_id);

CREATE INDEX orders_withdrawalrequest_code_a5f34ff3_like ON public.orders_withdrawalrequest USING btree (code varchar_pattern_ops);

CREATE INDEX orders_withdrawalrequest_order_id_f132f3b4 ON public.orders_withdrawalrequest USING btree (order_id);

CREATE INDEX outgoingdelivery_due ON public.core_outgoingdelivery USING btree (endpoint_id, next_try_at) WHERE ((status)::text = 'pending'::text);

CREATE INDEX outgoingdelivery_newest ON public.core_outgoingdelivery USING btree (created_at DESC, id DESC);

CREATE INDEX outgoingmessage_age ON public.core_outgoingmessage USING btree (occurred_at);

CREATE UNIQUE INDEX payable_one_checkout ON public.orders_payable USING btree (purchase_id) WHERE ((kind)::text = 'checkout'::text);

CREATE UNIQUE INDEX payment_one_pays_it ON public.payments_payment USING btree (payable_id) WHERE ((role)::text = 'order'::text);

CREATE INDEX payment_payable ON public.payments_payment USING btree (payable_id);

CREATE INDEX payment_role ON public.payments_payment USING btree (role, created_at DESC);

CREATE INDEX payment_status ON public.payments_payment USING btree (status, created_at DESC);

CREATE INDEX payments_bankcredit_fingerprint_ee055d3c_like ON public.payments_bankcredit USING btree (fingerprint varchar_pattern_ops);

CREATE INDEX payments_bankcredit_instruction_id_c2adb127 ON public.payments_bankcredit USING btree (instruction_id);

CREATE INDEX payments_bankcredit_statement_id_e6d99199 ON public.payments_bankcredit USING btree (statement_id);

CREATE INDEX payments_dispute_payment_id_2344937c ON public.payments_dispute USING btree (payment_id);

CREATE INDEX payments_disputeevidence_dispute_id_c9979e04 ON public.payments_disputeevidence USING btree (dispute_id);

CREATE INDEX payments_disputenote_dispute_id_7f81c514 ON public.payments_disputenote USING btree (dispute_id);

CREATE INDEX payments_payment_attempt_id_4aaad853 ON public.payments_payment USING btree (attempt_id);

CREATE INDEX payments_payment_order_id_22c479b7 ON public.payments_payment USING btree (order_id);

CREATE INDEX payments_paymentattempt_checkout_id_decf63b3 ON public.payments_paymentattempt USING btree (checkout_id);

CREATE INDEX payments_paymentattempt_token_8cd811c7_like ON public.payments_paymentattempt USING btree (token varchar_pattern_ops);

CREATE INDEX payments_payoutline_payment_id_8a218ee5 ON public.payments_payoutline USING btree (payment_id);

CREATE INDEX payments_payoutline_report_id_0859ef85 ON public.payments_payoutline USING btree (report_id);

CREATE INDEX payments_providerwatch_gateway_df5a8d46_like ON public.payments_providerwatch USING btree (gateway varchar_pattern_ops);

CREATE INDEX payments_refund_dedupe_key_d191f48d_like ON public.payments_refund USING btree (dedupe_key varchar_pattern_ops);

CREATE INDEX payments_refund_payment_id_a70693f7 ON public.payments_refund USING btree (payment_id);

CREATE INDEX payments_refundline_order_line_id_043ca659 ON public.payments_refundline USING btree (order_line_id);

CREATE INDEX payments_refundline_refund_id_d434cea0 ON public.payments_refundline USING btree (refund_id);

CREATE INDEX payments_reimbursementpart_reimbursement_id_75b81691 ON public.payments_reimbursementpart USING btree (reimbursement_id);

CREATE INDEX payments_statementcolumns_bank_a5b31727_like ON public.payments_statementcolumns USING btree (bank varchar_pattern_ops);

CREATE INDEX payments_transferinstruction_code_85cba290_like ON public.payments_transferinstruction USING btree (code varchar_pattern_ops);

CREATE INDEX payments_transferreceipt_instruction_id_3ee28c47 ON public.payments_transferreceipt USING btree (instruction_id);

CREATE INDEX payments_webhookevent_trail_0158bc1a ON public.payments_webhookevent USING btree (trail);

CREATE INDEX payoutline_report ON public.payments_payoutline USING btree (report_id, payout);

CREATE INDEX payoutline_residue ON public.payments_payoutline USING btree (gateway, happened_at) WHERE ((match)::text = ANY (ARRAY[('differs'::character varying)::text, ('missing'::character varying)::text]));

CREATE UNIQUE INDEX payoutreport_once ON public.payments_payoutreport USING btree (gateway, digest) WHERE ((status)::text = ANY (ARRAY[('uploaded'::character varying)::text, ('done'::character varying)::text]));

CREATE INDEX payoutreport_waiting ON public.payments_payoutreport USING btree (created_at) WHERE ((status)::text = 'uploaded'::text);

CREATE INDEX pricechange_variant ON public.catalog_pricechange USING btree (variant_id, changed_at DESC);

CREATE INDEX product_category ON public.catalog_product USING btree (category_id, published_at DESC, id DESC) WHERE is_active;

CREATE INDEX product_newest ON public.catalog_product USING btree (published_at DESC, id DESC) WHERE is_active;

CREATE INDEX productimage_product ON public.catalog_productimage USING btree (product_id, sort_order);

CREATE INDEX purchaseorder_open ON public.inventory_purchaseorder USING btree (location_id) WHERE ((status)::text = ANY (ARRAY[('ordered'::character varying)::text, ('partly'::character varying)::text]));

CREATE INDEX refund_due ON public.payments_refund USING btree (next_try_at) WHERE ((status)::text = ANY (ARRAY[('requested'::character varying)::text, ('pending'::character varying)::text]));

CREATE UNIQUE INDEX refund_external_unique ON public.payments_refund USING btree (payment_id, external_id) WHERE (NOT ((external_id)::text = ''::text));

CREATE INDEX refund_status ON public.payments_refund USING btree (status, created_at DESC);

CREATE INDEX reimbursement_due ON public.orders_reimbursement USING btree (next_try_at) WHERE ((status)::text = 'owed'::text);

CREATE UNIQUE INDEX reimbursement_part_once_unrefunded ON public.payments_reimbursementpart USING btree (reimbursement_id, way) WHERE (refund_id IS NULL);

CREATE INDEX reimbursement_status ON public.orders_reimbursement USING btree (status, created_at DESC);

CREATE INDEX report_newest ON public.reports_report USING btree (report_date DESC);

CREATE INDEX reports_salesentry_order_id_b438098f ON public.reports_salesentry USING btree (order_id);

CREATE INDEX reports_soldline_order_id_bd5f5563 ON public.reports_soldline USING btree (order_id);

CREATE INDEX reservation_cart ON public.inventory_reservation USING btree (cart_id) WHERE ((status)::text = 'active'::text);

CREATE INDEX reservation_checkout ON public.inventory_reservation USING btree (checkout_id) WHERE (checkout_id IS NOT NULL);

CREATE INDEX reservation_due ON public.inventory_reservation USING btree (expires_at) WHERE ((status)::text = 'active'::text);

CREATE INDEX reservation_ended ON public.inventory_reservation USING btree (cart_id, variant_id, ended_at) WHERE ((status)::text = 'released'::text);

CREATE INDEX reservation_level ON public.inventory_reservation USING btree (level_id) WHERE ((status)::text = 'active'::text);

CREATE INDEX reservation_manual ON public.inventory_reservation USING btree (expires_at) WHERE (((purpose)::text = 'manual'::text) AND ((status)::text = 'active'::text));

CREATE INDEX reservation_source ON public.inventory_reservation USING btree (source_network, source_ip) WHERE ((source_network IS NOT NULL) AND ((status)::text = 'active'::text));

CREATE INDEX reservation_source_account ON public.inventory_reservation USING btree (source_account) WHERE ((source_account IS NOT NULL) AND ((status)::text = 'active'::text));

CREATE INDEX reservation_source_email ON public.inventory_reservation USING btree (source_email) WHERE ((source_email IS NOT NULL) AND ((status)::text = 'active'::text));

CREATE INDEX reservation_variant ON public.inventory_reservation USING btree (variant_id, created_at DESC);

CREATE INDEX return_expiring ON public.orders_return USING btree (send_by) WHERE ((sent_at IS NULL) AND ((status)::text = 'approved'::text));

CREATE INDEX return_open ON public.orders_return USING btree (approved_at) WHERE ((status)::text = 'approved'::text);

CREATE INDEX return_status ON public.orders_return USING btree (status, created_at DESC);

CREATE INDEX return_to_approve ON public.orders_return USING btree (created_at) WHERE ((status)::text = 'requested'::text);

CREATE INDEX return_tracking_number ON public.orders_return USING btree (tracking_number) WHERE (NOT ((tracking_number)::text = ''::text));

CREATE INDEX salesentry_day ON public.reports_salesentry USING btree (day, currency, kind) INCLUDE (amount);

CREATE INDEX searchdeletion_word ON public.catalog_searchdeletion USING btree (word);

CREATE INDEX shipment_attention ON public.orders_shipment USING btree (attention_since) WHERE (attention_since IS NOT NULL);

CREATE INDEX shipment_newest ON public.orders_shipment USING btree (created_at DESC, id DESC);

CREATE INDEX shipment_on_the_way ON public.orders_shipment USING btree (shipped_at) WHERE ((status)::text = 'shipped'::text);

CREATE INDEX shipment_packed ON public.orders_shipment USING btree (packed_at) WHERE ((packed_at IS NOT NULL) AND ((status)::text = 'pending'::text));

CREATE INDEX shipment_status ON public.orders_shipment USING btree (status, created_at DESC);

CREATE INDEX shipment_to_pack ON public.orders_shipment USING btree (created_at) WHERE ((packed_at IS NULL) AND ((status)::text = 'pending'::text));

CREATE INDEX shipment_tracking_number ON public.orders_shipment USING btree (tracking_number) WHERE (NOT ((tracking_number)::text = ''::text));

CREATE INDEX shippingquote_expiry ON public.orders_shippingquote USING btree (expires_at);

CREATE INDEX soldline_day ON public.reports_soldline USING btree (day, currency) INCLUDE (units, units_returned, amount, returned);

CREATE INDEX soldline_variant ON public.reports_soldline USING btree (variant_id, day);

CREATE INDEX stockcheck_newest ON public.inventory_stockcheck USING btree (created_at DESC);

CREATE UNIQUE INDEX stockcountentry_key_once ON public.inventory_stockcountentry USING btree (line_id, key) WHERE (NOT ((key)::text = ''::text));

CREATE UNIQUE INDEX stockcountline_one_open_per_level ON public.inventory_stockcountline USING btree (level_id) WHERE is_open;

CREATE INDEX stockmovement_cause ON public.inventory_stockmovement USING btree (cause_type, cause_id);

CREATE INDEX stockmovement_costed ON public.inventory_stockmovement USING btree (variant_id, id) WHERE ((quantity > 0) AND (unit_cost IS NOT NULL));

CREATE INDEX stockmovement_instant ON public.inventory_stockmovement USING btree (level_id, occurred_at DESC, id DESC) INCLUDE (on_hand_after);

CREATE INDEX stockmovement_level ON public.inventory_stockmovement USING btree (level_id, id DESC);

CREATE UNIQUE INDEX stockmovement_one_count_per_cause ON public.inventory_stockmovement USING btree (cause_type, cause_id, level_id) WHERE ((cause_id IS NOT NULL) AND ((kind)::text = 'count'::text));

CREATE UNIQUE INDEX stockmovement_one_sale_per_cause ON public.inventory_stockmovement USING btree (cause_type, cause_id, level_id) WHERE ((cause_id IS NOT NULL) AND ((kind)::text = 'sale'::text));

CREATE INDEX stockmovement_reference ON public.inventory_stockmovement USING btree (reference) WHERE (NOT ((reference)::text = ''::text));

CREATE INDEX stockmovement_transfers ON public.inventory_stockmovement USING btree (variant_id, id) INCLUDE (quantity, occurred_at) WHERE ((kind)::text = ANY (ARRAY[('transfer_in'::character varying)::text, ('transfer_out'::character varying)::text]));

CREATE INDEX stockmovement_variant ON public.inventory_stockmovement USING btree (variant_id, id DESC);

CREATE INDEX stockviolation_subject ON public.inventory_stockviolation USING btree (subject_type, subject_id);

CREATE INDEX storedanswer_age ON public.core_storedanswer USING btree (created_at);

CREATE INDEX stray_newest ON public.payments_straypayment USING btree (created_at DESC);

CREATE INDEX stray_open ON public.payments_straypayment USING btree (created_at DESC) WHERE ((decision)::text = 'open'::text);

CREATE INDEX transfer_open ON public.inventory_transfer USING btree (sent_at) WHERE (NOT ((status)::text = 'closed'::text));

CREATE INDEX transferinstruction_amount ON public.payments_transferinstruction USING btree (amount, currency);

CREATE INDEX transferinstruction_remind ON public.payments_transferinstruction USING btree (remind_at) WHERE (remind_at IS NOT NULL);

CREATE INDEX transferline_on_the_way ON public.inventory_transferline USING btree (variant_id) WHERE (sent > ((received + lost) + returned));

CREATE INDEX transferreceipt_kept ON public.payments_transferreceipt USING btree (created_at) WHERE (purged_at IS NULL);

CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY (ARRAY[('totp'::character varying)::text, ('recovery_codes'::character varying)::text]));

CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";

CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;

CREATE UNIQUE INDEX user_email_unique ON public.accounts_user USING btree (lower((email)::text));

CREATE INDEX usersessions_usersession_session_key_fd35de43_like ON public.usersessions_usersession USING btree (session_key varchar_pattern_ops);

CREATE INDEX usersessions_usersession_user_id_af5e0a6d ON public.usersessions_usersession USING btree (user_id);

CREATE INDEX variant_barcode_beginning ON public.catalog_variant USING btree (barcode varchar_pattern_ops);

CREATE UNIQUE INDEX variant_barcode_one ON public.catalog_variant USING btree ((
CASE
    WHEN ((barcode)::text ~ '^[0-9]{12,14}$'::text) THEN lpad((barcode)::text, 14, '0'::text)
    ELSE upper((barcode)::text)
END)) WHERE (NOT ((barcode)::text = ''::text));

CREATE INDEX variant_product ON public.catalog_variant USING btree (product_id, sort_order);

CREATE INDEX variant_sku_beginning ON public.catalog_variant USING btree (upper((sku)::text) text_pattern_ops);

CREATE UNIQUE INDEX variant_sku_one ON public.catalog_variant USING btree (upper((sku)::text));

CREATE INDEX waitingentry_drop ON public.catalog_waitingentry USING btree (collection_id, confirmed_at) WHERE ((collection_id IS NOT NULL) AND ((status)::text = 'confirmed'::text));

CREATE INDEX waitingentry_due ON public.catalog_waitingentry USING btree (expires_at) WHERE ((status)::text = ANY (ARRAY[('pending'::character varying)::text, ('confirmed'::character varying)::text]));

CREATE INDEX waitingentry_line ON public.catalog_waitingentry USING btree (variant_id, confirmed_at, id) WHERE (((status)::text = 'confirmed'::text) AND (variant_id IS NOT NULL));

CREATE UNIQUE INDEX waitingentry_mailbox_drop ON public.catalog_waitingentry USING btree (mailbox, collection_id) WHERE ((collection_id IS NOT NULL) AND ((status)::text = ANY (ARRAY[('pending'::character varying)::text, ('confirmed'::character varying)::text])) AND (NOT ((mailbox)::text = ''::text)));

CREATE UNIQUE INDEX waitingentry_mailbox_variant ON public.catalog_waitingentry USING btree (mailbox, variant_id) WHERE (((status)::text = ANY (ARRAY[('pending'::character varying)::text, ('confirmed'::character varying)::text])) AND (variant_id IS NOT NULL) AND (NOT ((mailbox)::text = ''::text)));

CREATE UNIQUE INDEX waitingentry_once_per_drop ON public.catalog_waitingentry USING btree (email, collection_id) WHERE ((collection_id IS NOT NULL) AND ((status)::text = ANY (ARRAY[('pending'::character varying)::text, ('confirmed'::character varying)::text])));

CREATE UNIQUE INDEX waitingentry_once_per_variant ON public.catalog_waitingentry USING btree (email, variant_id) WHERE (((status)::text = ANY (ARRAY[('pending'::character varying)::text, ('confirmed'::character varying)::text])) AND (variant_id IS NOT NULL));

CREATE INDEX webhook_dead ON public.payments_webhookevent USING btree (reported_at) WHERE ((next_try_at IS NULL) AND ((status)::text = 'failed'::text));

CREATE INDEX webhook_due ON public.payments_webhookevent USING btree (next_try_at) WHERE ((status)::text = ANY (ARRAY[('received'::character varying)::text, ('failed'::character varying)::text]));

CREATE INDEX webhook_status ON public.payments_webhookevent USING btree (status, received_at DESC);

CREATE UNIQUE INDEX withdrawal_one_open_per_purchase ON public.orders_withdrawalrequest USING btree (order_number, lower((email)::text)) WHERE (((status)::text = 'received'::text) AND (NOT ((email)::text = ''::text)));

CREATE INDEX withdrawal_open ON public.orders_withdrawalrequest USING btree (answer_by) WHERE ((status)::text = 'received'::text);

CREATE CONSTRAINT TRIGGER pgtrigger_adjustments_add_up_7e382 AFTER INSERT OR UPDATE OF shipping_total, adjustment_total, shipping_name ON public.orders_checkoutsession DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_adjustments_add_up_7e382();

CREATE CONSTRAINT TRIGGER pgtrigger_adjustments_add_up_b4c55 AFTER INSERT OR DELETE OR UPDATE ON public.orders_orderadjustment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_adjustments_add_up_b4c55();

CREATE CONSTRAINT TRIGGER pgtrigger_adjustments_add_up_d6ed5 AFTER INSERT OR DELETE OR UPDATE ON public.orders_checkoutadjustment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_adjustments_add_up_d6ed5();

CREATE CONSTRAINT TRIGGER pgtrigger_adjustments_add_up_f107b AFTER INSERT OR UPDATE OF shipping_total, adjustment_total, shipping_name ON public.orders_order DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_adjustments_add_up_f107b();

CREATE TRIGGER pgtrigger_amount_never_changes_174b8 BEFORE UPDATE OF amount, currency, order_id ON public.orders_reimbursement FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_amount_never_changes_174b8();

CREATE TRIGGER pgtrigger_amounts_never_change_99719 BEFORE DELETE OR UPDATE OF total, freight, withheld, rma_id ON public.orders_returndecision FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_amounts_never_change_99719();

CREATE TRIGGER pgtrigger_announce_product_9ffb0 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_product FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_announce_product_9ffb0();

CREATE TRIGGER pgtrigger_announce_product_add52 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_variant FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_announce_product_add52();

CREATE TRIGGER pgtrigger_announce_product_ef0e6 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_productimage FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_announce_product_ef0e6();

CREATE TRIGGER pgtrigger_append_only_121a6 BEFORE DELETE OR UPDATE ON public.inventory_stockrepair FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_121a6();

CREATE TRIGGER pgtrigger_append_only_2442a BEFORE DELETE OR UPDATE ON public.orders_returndecisionline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_2442a();

CREATE TRIGGER pgtrigger_append_only_2fc7e BEFORE UPDATE ON public.orders_invoicemessage FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_2fc7e();

CREATE TRIGGER pgtrigger_append_only_353f0 BEFORE DELETE OR UPDATE ON public.inventory_stockmovement FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_353f0();

CREATE TRIGGER pgtrigger_append_only_39bd4 BEFORE UPDATE ON public.orders_reimbursementline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_39bd4();

CREATE TRIGGER pgtrigger_append_only_4bc79 BEFORE UPDATE ON public.orders_invoicefile FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_4bc79();

CREATE TRIGGER pgtrigger_append_only_5f0a4 BEFORE UPDATE ON public.payments_refundline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_5f0a4();

CREATE TRIGGER pgtrigger_append_only_87d93 BEFORE DELETE OR UPDATE OF rma_id, ordinal ON public.orders_returnreceipt FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_87d93();

CREATE TRIGGER pgtrigger_append_only_980dc BEFORE DELETE OR UPDATE ON public.orders_installmentevent FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_980dc();

CREATE TRIGGER pgtrigger_append_only_9b385 BEFORE UPDATE ON public.orders_cancellationline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_9b385();

CREATE TRIGGER pgtrigger_append_only_a3473 BEFORE UPDATE ON public.orders_invoiceline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_a3473();

CREATE TRIGGER pgtrigger_append_only_d28aa BEFORE DELETE OR UPDATE ON public.orders_returnreceiptline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_append_only_d28aa();

CREATE TRIGGER pgtrigger_apply_to_level_4bef2 BEFORE INSERT ON public.inventory_stockmovement FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_apply_to_level_4bef2();

CREATE TRIGGER pgtrigger_asked_for_never_changes_4e0e6 BEFORE UPDATE OF shipment_id, attempt, reference, carrier ON public.orders_labelpurchase FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_asked_for_never_changes_4e0e6();

CREATE TRIGGER pgtrigger_assigned_once_37c2b BEFORE UPDATE ON public.payments_bankcredit FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_assigned_once_37c2b();

CREATE TRIGGER pgtrigger_book_the_event_6f672 AFTER INSERT ON public.orders_installmentevent FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_book_the_event_6f672();

CREATE TRIGGER pgtrigger_changes_availability_71a00 AFTER UPDATE OF on_hand, reserved ON public.inventory_stocklevel FOR EACH ROW WHEN ((((old.on_hand - old.reserved) <> (new.on_hand - new.reserved)) AND (LEAST((old.on_hand - old.reserved), (new.on_hand - new.reserved)) <= 100))) EXECUTE FUNCTION public.pgtrigger_changes_availability_71a00();

CREATE TRIGGER pgtrigger_changes_catalogue_07f1a AFTER INSERT OR DELETE OR UPDATE ON public.catalog_category FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_07f1a();

CREATE TRIGGER pgtrigger_changes_catalogue_2269a AFTER INSERT OR DELETE OR UPDATE ON public.catalog_optionvalue FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_2269a();

CREATE TRIGGER pgtrigger_changes_catalogue_32c04 AFTER INSERT OR DELETE OR UPDATE ON public.inventory_location FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_32c04();

CREATE TRIGGER pgtrigger_changes_catalogue_76b90 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_option FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_76b90();

CREATE TRIGGER pgtrigger_changes_catalogue_96b0b AFTER INSERT OR DELETE OR UPDATE ON public.catalog_productimage FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_96b0b();

CREATE TRIGGER pgtrigger_changes_catalogue_9a0fe AFTER INSERT OR DELETE OR UPDATE ON public.catalog_brand FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_9a0fe();

CREATE TRIGGER pgtrigger_changes_catalogue_9bbf5 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_product FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_9bbf5();

CREATE TRIGGER pgtrigger_changes_catalogue_9e7fa AFTER DELETE ON public.inventory_stocklevel FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_9e7fa();

CREATE TRIGGER pgtrigger_changes_catalogue_aad74 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_collection FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_aad74();

CREATE TRIGGER pgtrigger_changes_catalogue_bdfd6 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_variantvalue FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_bdfd6();

CREATE TRIGGER pgtrigger_changes_catalogue_cac88 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_searchsynonyms FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_cac88();

CREATE TRIGGER pgtrigger_changes_catalogue_e454d AFTER INSERT OR DELETE OR UPDATE ON public.catalog_collectionproduct FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_e454d();

CREATE TRIGGER pgtrigger_changes_catalogue_fd6f1 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_variant FOR EACH STATEMENT EXECUTE FUNCTION public.pgtrigger_changes_catalogue_fd6f1();

CREATE TRIGGER pgtrigger_credited_within_invoice_88c90 BEFORE INSERT ON public.orders_invoiceline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_credited_within_invoice_88c90();

CREATE TRIGGER pgtrigger_dropped_for_good_6e374 BEFORE UPDATE OF dropped_at ON public.orders_replacement FOR EACH ROW WHEN ((old.dropped_at IS NOT NULL)) EXECUTE FUNCTION public.pgtrigger_dropped_for_good_6e374();

CREATE TRIGGER pgtrigger_for_the_purchase_241ee BEFORE INSERT ON public.payments_paymentattempt FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_for_the_purchase_241ee();

CREATE TRIGGER pgtrigger_frozen_1e26a BEFORE UPDATE ON public.orders_installmentquote FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_frozen_1e26a();

CREATE TRIGGER pgtrigger_issued_never_changes_a0eee BEFORE DELETE OR UPDATE ON public.orders_invoice FOR EACH ROW WHEN (((old.status)::text = 'authorised'::text)) EXECUTE FUNCTION public.pgtrigger_issued_never_changes_a0eee();

CREATE TRIGGER pgtrigger_keep_address_11d9a AFTER UPDATE OF path_slug ON public.catalog_category FOR EACH ROW WHEN (((old.path_slug)::text IS DISTINCT FROM (new.path_slug)::text)) EXECUTE FUNCTION public.pgtrigger_keep_address_11d9a();

CREATE TRIGGER pgtrigger_keep_address_7b83c AFTER UPDATE OF slug ON public.catalog_collection FOR EACH ROW WHEN (((old.slug)::text IS DISTINCT FROM (new.slug)::text)) EXECUTE FUNCTION public.pgtrigger_keep_address_7b83c();

CREATE TRIGGER pgtrigger_keep_address_82837 AFTER UPDATE OF slug ON public.catalog_product FOR EACH ROW WHEN (((old.slug)::text IS DISTINCT FROM (new.slug)::text)) EXECUTE FUNCTION public.pgtrigger_keep_address_82837();

CREATE TRIGGER pgtrigger_keep_price_fbb96 AFTER INSERT OR UPDATE OF price, compare_at_price ON public.catalog_variant FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_keep_price_fbb96();

CREATE TRIGGER pgtrigger_kept_db55f BEFORE DELETE ON public.orders_invoicefile FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_kept_db55f();

CREATE TRIGGER pgtrigger_kept_fdb85 BEFORE DELETE ON public.payments_bankcredit FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_kept_fdb85();

CREATE TRIGGER pgtrigger_line_never_changes_8f321 BEFORE DELETE OR UPDATE OF line_id ON public.orders_inspection FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_line_never_changes_8f321();

CREATE TRIGGER pgtrigger_lines_stay_437ac BEFORE DELETE ON public.orders_invoiceline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_lines_stay_437ac();

CREATE TRIGGER pgtrigger_lines_within_order_0bcc4 BEFORE UPDATE OF status ON public.payments_refund FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_lines_within_order_0bcc4();

CREATE TRIGGER pgtrigger_marks_listing_0b243 AFTER DELETE ON public.inventory_stocklevel FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_0b243();

CREATE TRIGGER pgtrigger_marks_listing_0cb65 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_productimage FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_0cb65();

CREATE TRIGGER pgtrigger_marks_listing_2109d AFTER INSERT OR DELETE OR UPDATE ON public.catalog_variant FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_2109d();

CREATE TRIGGER pgtrigger_marks_listing_41ae2 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_variantvalue FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_41ae2();

CREATE TRIGGER pgtrigger_marks_listing_4a2a9 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_product FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_4a2a9();

CREATE TRIGGER pgtrigger_marks_listing_5547e AFTER INSERT OR DELETE OR UPDATE ON public.catalog_collection FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_5547e();

CREATE TRIGGER pgtrigger_marks_listing_7431d AFTER INSERT OR DELETE OR UPDATE ON public.catalog_category FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_7431d();

CREATE TRIGGER pgtrigger_marks_listing_b8a93 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_brand FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_b8a93();

CREATE TRIGGER pgtrigger_marks_listing_f53e8 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_collectionproduct FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_f53e8();

CREATE TRIGGER pgtrigger_marks_listing_fba2a AFTER INSERT OR DELETE OR UPDATE ON public.inventory_location FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_fba2a();

CREATE TRIGGER pgtrigger_marks_listing_fbfc5 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_optionvalue FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_fbfc5();

CREATE TRIGGER pgtrigger_marks_listing_fd597 AFTER INSERT OR DELETE OR UPDATE ON public.catalog_option FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_marks_listing_fd597();

CREATE TRIGGER pgtrigger_never_changes_2153a BEFORE UPDATE ON public.orders_installmentbillline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_never_changes_2153a();

CREATE TRIGGER pgtrigger_never_changes_5b73e BEFORE UPDATE OF exchange_id, amount, currency ON public.orders_exchangecharge FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_never_changes_5b73e();

CREATE TRIGGER pgtrigger_never_changes_7fd73 BEFORE UPDATE OF order_id, by, actor, reason, is_whole, reimbursement_id ON public.orders_cancellation FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_never_changes_7fd73();

CREATE TRIGGER pgtrigger_never_changes_dbb32 BEFORE UPDATE OF plan_id, kind, amount, currency, choice, priced_on ON public.orders_installmentbill FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_never_changes_dbb32();

CREATE TRIGGER pgtrigger_never_deleted_74f73 BEFORE DELETE ON public.orders_labelpurchase FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_never_deleted_74f73();

CREATE TRIGGER pgtrigger_never_deleted_9091d BEFORE DELETE ON public.orders_labelvoid FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_never_deleted_9091d();

CREATE TRIGGER pgtrigger_on_hand_needs_movement_15c96 BEFORE INSERT OR UPDATE OF on_hand ON public.inventory_stocklevel FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_on_hand_needs_movement_15c96();

CREATE TRIGGER pgtrigger_one_line_d20ce BEFORE UPDATE OF line_id ON public.orders_replacement FOR EACH ROW WHEN ((old.line_id IS NOT NULL)) EXECUTE FUNCTION public.pgtrigger_one_line_d20ce();

CREATE TRIGGER pgtrigger_only_added_2e386 BEFORE DELETE OR UPDATE ON public.orders_trackingevent FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_only_added_2e386();

CREATE TRIGGER pgtrigger_order_never_changes_01384 BEFORE UPDATE OF order_id, ordinal, origin ON public.orders_return FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_order_never_changes_01384();

CREATE TRIGGER pgtrigger_order_never_changes_19bc0 BEFORE UPDATE OF order_id, ordinal, origin ON public.orders_claim FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_order_never_changes_19bc0();

CREATE TRIGGER pgtrigger_order_never_changes_64997 BEFORE UPDATE OF order_id, rma_id, ordinal, settlement ON public.orders_exchange FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_order_never_changes_64997();

CREATE TRIGGER pgtrigger_order_never_changes_e3493 BEFORE UPDATE OF order_id, ordinal ON public.orders_shipment FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_order_never_changes_e3493();

CREATE TRIGGER pgtrigger_payable_of_the_attempt_859d9 BEFORE INSERT OR UPDATE OF attempt_id ON public.payments_payment FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_payable_of_the_attempt_859d9();

CREATE TRIGGER pgtrigger_public_number_never_changes_04d7c BEFORE UPDATE OF public_number ON public.orders_installment FOR EACH ROW WHEN ((old.public_number IS DISTINCT FROM new.public_number)) EXECUTE FUNCTION public.pgtrigger_public_number_never_changes_04d7c();

CREATE TRIGGER pgtrigger_public_number_never_changes_679f9 BEFORE UPDATE OF public_number ON public.orders_orderline FOR EACH ROW WHEN ((old.public_number IS DISTINCT FROM new.public_number)) EXECUTE FUNCTION public.pgtrigger_public_number_never_changes_679f9();

CREATE TRIGGER pgtrigger_public_number_never_changes_a3b2b BEFORE UPDATE OF public_number ON public.catalog_variant FOR EACH ROW WHEN ((old.public_number IS DISTINCT FROM new.public_number)) EXECUTE FUNCTION public.pgtrigger_public_number_never_changes_a3b2b();

CREATE TRIGGER pgtrigger_public_number_never_changes_a6377 BEFORE UPDATE OF public_number ON public.orders_paymentmethod FOR EACH ROW WHEN ((old.public_number IS DISTINCT FROM new.public_number)) EXECUTE FUNCTION public.pgtrigger_public_number_never_changes_a6377();

CREATE TRIGGER pgtrigger_public_number_never_changes_ceaa6 BEFORE UPDATE OF public_number ON public.accounts_user FOR EACH ROW WHEN ((old.public_number IS DISTINCT FROM new.public_number)) EXECUTE FUNCTION public.pgtrigger_public_number_never_changes_ceaa6();

CREATE TRIGGER pgtrigger_recount_f9f93 BEFORE INSERT ON public.inventory_stockrepair FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_recount_f9f93();

CREATE TRIGGER pgtrigger_sent_again_once_4de08 BEFORE UPDATE OF sent_again_at ON public.orders_shipment FOR EACH ROW WHEN ((old.sent_again_at IS NOT NULL)) EXECUTE FUNCTION public.pgtrigger_sent_again_once_4de08();

CREATE TRIGGER pgtrigger_sent_back_is_final_80795 BEFORE UPDATE OF disposition, quantity ON public.orders_inspection FOR EACH ROW WHEN (((old.disposition)::text = 'send_back'::text)) EXECUTE FUNCTION public.pgtrigger_sent_back_is_final_80795();

CREATE TRIGGER pgtrigger_status_never_goes_back_92f5f BEFORE UPDATE ON public.orders_return FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_status_never_goes_back_92f5f();

CREATE TRIGGER pgtrigger_status_never_goes_back_d9785 BEFORE UPDATE ON public.orders_shipment FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_status_never_goes_back_d9785();

CREATE TRIGGER pgtrigger_status_never_goes_back_e1478 BEFORE UPDATE ON public.orders_claim FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_status_never_goes_back_e1478();

CREATE TRIGGER pgtrigger_status_never_goes_back_f49e9 BEFORE UPDATE ON public.orders_exchange FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_status_never_goes_back_f49e9();

CREATE TRIGGER pgtrigger_terms_never_change_9aa41 BEFORE UPDATE OF currency, base, total, count, factor, rate, contract, order_id, quote_id ON public.orders_installmentplan FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_terms_never_change_9aa41();

CREATE TRIGGER pgtrigger_terms_never_change_faf6d BEFORE UPDATE OF code, version, count, factor, due_policy, due_day, late_monthly_rate, grace_days ON public.orders_installmentoffer FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_terms_never_change_faf6d();

CREATE TRIGGER pgtrigger_terms_never_change_fc132 BEFORE UPDATE OF plan_id, number, amount, principal, interest, balance, original_due_date ON public.orders_installment FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_terms_never_change_fc132();

CREATE TRIGGER pgtrigger_units_never_change_3e5bc BEFORE DELETE OR UPDATE OF quantity, order_line_id, shipment_id ON public.orders_shipmentline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_units_never_change_3e5bc();

CREATE TRIGGER pgtrigger_units_never_change_3f6e9 BEFORE DELETE OR UPDATE OF quantity, order_line_id, claim_id ON public.orders_claimline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_units_never_change_3f6e9();

CREATE TRIGGER pgtrigger_units_never_change_b6f4c BEFORE DELETE OR UPDATE OF quantity, order_line_id, rma_id ON public.orders_returnline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_units_never_change_b6f4c();

CREATE TRIGGER pgtrigger_within_line_37308 BEFORE INSERT ON public.orders_shipmentline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_line_37308();

CREATE TRIGGER pgtrigger_within_line_47217 BEFORE INSERT ON public.orders_cancellationline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_line_47217();

CREATE TRIGGER pgtrigger_within_line_583a7 BEFORE INSERT ON public.orders_returndecisionline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_line_583a7();

CREATE TRIGGER pgtrigger_within_line_91403 BEFORE INSERT ON public.orders_replacement FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_line_91403();

CREATE TRIGGER pgtrigger_within_order_5ce0d BEFORE INSERT ON public.orders_reimbursement FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_order_5ce0d();

CREATE TRIGGER pgtrigger_within_order_64aa0 BEFORE INSERT ON public.orders_reimbursementline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_order_64aa0();

CREATE TRIGGER pgtrigger_within_order_cd97d BEFORE INSERT ON public.payments_refundline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_order_cd97d();

CREATE TRIGGER pgtrigger_within_payment_d8040 BEFORE INSERT OR UPDATE OF status, amount, payment_id ON public.payments_refund FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_payment_d8040();

CREATE TRIGGER pgtrigger_within_received_9ce27 BEFORE INSERT OR UPDATE OF quantity ON public.orders_inspection FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_received_9ce27();

CREATE TRIGGER pgtrigger_within_sent_55142 BEFORE INSERT ON public.orders_claimline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_sent_55142();

CREATE TRIGGER pgtrigger_within_sent_6a669 BEFORE INSERT ON public.orders_returnreceiptline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_sent_6a669();

CREATE TRIGGER pgtrigger_within_sent_bd313 BEFORE INSERT ON public.orders_returnline FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_within_sent_bd313();

CREATE TRIGGER pgtrigger_worth_never_changes_36454 BEFORE DELETE OR UPDATE OF credit, price, fee, replaced_id, exchange_id, claim_id ON public.orders_replacement FOR EACH ROW EXECUTE FUNCTION public.pgtrigger_worth_never_changes_36454();

CREATE TRIGGER reports_changed AFTER UPDATE OF status ON public.orders_checkoutsession FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION public.reports_note_checkout();

CREATE TRIGGER reports_changed AFTER UPDATE OF status ON public.orders_installmentplan FOR EACH ROW WHEN (((old.status)::text IS DISTINCT FROM (new.status)::text)) EXECUTE FUNCTION public.reports_note_order_of();

CREATE TRIGGER reports_changed AFTER UPDATE OF status, placed_at, currency, total ON public.orders_order FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) OR (old.placed_at IS DISTINCT FROM new.placed_at) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text) OR (old.total IS DISTINCT FROM new.total))) EXECUTE FUNCTION public.reports_note_order();

CREATE TRIGGER reports_changed AFTER UPDATE OF status, counts_itself ON public.orders_reimbursement FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) OR (old.counts_itself IS DISTINCT FROM new.counts_itself))) EXECUTE FUNCTION public.reports_note_order_of();

CREATE TRIGGER reports_changed AFTER UPDATE OF status, closed_at ON public.payments_dispute FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) OR (old.closed_at IS DISTINCT FROM new.closed_at))) EXECUTE FUNCTION public.reports_note_payment_of();

CREATE TRIGGER reports_changed AFTER UPDATE OF role, order_id, amount, currency, refunded_amount, charged_back_amount ON public.payments_payment FOR EACH ROW WHEN ((((old.role)::text IS DISTINCT FROM (new.role)::text) OR (old.order_id IS DISTINCT FROM new.order_id) OR (old.amount IS DISTINCT FROM new.amount) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text) OR (old.refunded_amount IS DISTINCT FROM new.refunded_amount) OR (old.charged_back_amount IS DISTINCT FROM new.charged_back_amount))) EXECUTE FUNCTION public.reports_note_order_of();

CREATE TRIGGER reports_changed AFTER UPDATE OF status, amount ON public.payments_refund FOR EACH ROW WHEN ((((old.status)::text IS DISTINCT FROM (new.status)::text) OR (old.amount IS DISTINCT FROM new.amount))) EXECUTE FUNCTION public.reports_note_payment_of();

CREATE TRIGGER reports_new AFTER INSERT ON public.orders_checkoutsession FOR EACH ROW EXECUTE FUNCTION public.reports_note_checkout();

CREATE TRIGGER reports_new AFTER INSERT ON public.orders_installmentevent FOR EACH ROW WHEN (((new.kind)::text = ANY (ARRAY[('waived'::character varying)::text, ('late'::character varying)::text, ('reduced'::character varying)::text, ('refunded'::character varying)::text, ('restored'::character varying)::text]))) EXECUTE FUNCTION public.reports_note_installment_of();

CREATE TRIGGER reports_new AFTER INSERT ON public.orders_installmentplan FOR EACH ROW EXECUTE FUNCTION public.reports_note_order_of();

CREATE TRIGGER reports_new AFTER INSERT ON public.orders_order FOR EACH ROW EXECUTE FUNCTION public.reports_note_order();

CREATE TRIGGER reports_new AFTER INSERT ON public.orders_reimbursement FOR EACH ROW EXECUTE FUNCTION public.reports_note_order_of();

CREATE TRIGGER reports_new AFTER INSERT ON public.payments_payment FOR EACH ROW WHEN (((new.role)::text = 'order'::text)) EXECUTE FUNCTION public.reports_note_order_of();

CREATE TRIGGER reports_new AFTER INSERT ON public.payments_refund FOR EACH ROW EXECUTE FUNCTION public.reports_note_payment_of();

ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_address
    ADD CONSTRAINT accounts_address_user_id_c8c74ddf_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_profile
    ADD CONSTRAINT accounts_profile_user_id_49a85d32_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_refreshtoken
    ADD CONSTRAINT accounts_refreshtoke_device_id_2d8a9f9f_fk_usersessi FOREIGN KEY (device_id) REFERENCES public.usersessions_usersession(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_group_id_bd11a704_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_user_id_52b62117_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_p_permission_id_113bb443_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_p_user_id_e4f0a161_fk_accounts_ FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_accesscode
    ADD CONSTRAINT catalog_accesscode_collection_id_092c1f68_fk_catalog_c FOREIGN KEY (collection_id) REFERENCES public.catalog_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_accessgrant
    ADD CONSTRAINT catalog_accessgrant_code_id_c66b6b08_fk_catalog_accesscode_id FOREIGN KEY (code_id) REFERENCES public.catalog_accesscode(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_accessgrant
    ADD CONSTRAINT catalog_accessgrant_collection_id_144af8be_fk_catalog_c FOREIGN KEY (collection_id) REFERENCES public.catalog_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_accessgrant
    ADD CONSTRAINT catalog_accessgrant_user_id_d03f3e94_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_collectionproduct
    ADD CONSTRAINT catalog_collectionpr_collection_id_eda66c28_fk_catalog_c FOREIGN KEY (collection_id) REFERENCES public.catalog_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_collectionproduct
    ADD CONSTRAINT catalog_collectionpr_product_id_cd7106ae_fk_catalog_p FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_customergroup_members
    ADD CONSTRAINT catalog_customergrou_customergroup_id_ce584664_fk_catalog_c FOREIGN KEY (customergroup_id) REFERENCES public.catalog_customergroup(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_customergroup_members
    ADD CONSTRAINT catalog_customergrou_user_id_71c2af81_fk_accounts_ FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_earlyopening
    ADD CONSTRAINT catalog_earlyopening_collection_id_35f204af_fk_catalog_c FOREIGN KEY (collection_id) REFERENCES public.catalog_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_earlyopening
    ADD CONSTRAINT catalog_earlyopening_group_id_e9b9aedc_fk_catalog_c FOREIGN KEY (group_id) REFERENCES public.catalog_customergroup(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_formeraddress
    ADD CONSTRAINT catalog_formeraddres_category_id_7fb6c507_fk_catalog_c FOREIGN KEY (category_id) REFERENCES public.catalog_category(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_formeraddress
    ADD CONSTRAINT catalog_formeraddres_collection_id_95f25ad8_fk_catalog_c FOREIGN KEY (collection_id) REFERENCES public.catalog_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_formeraddress
    ADD CONSTRAINT catalog_formeraddress_product_id_eaeb998e_fk_catalog_product_id FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_optionvalue
    ADD CONSTRAINT catalog_optionvalue_option_id_412a2011_fk_catalog_option_id FOREIGN KEY (option_id) REFERENCES public.catalog_option(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_pricechange
    ADD CONSTRAINT catalog_pricechange_variant_id_5930dd30_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_product
    ADD CONSTRAINT catalog_product_brand_id_bb0c7890_fk_catalog_brand_id FOREIGN KEY (brand_id) REFERENCES public.catalog_brand(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_product
    ADD CONSTRAINT catalog_product_category_id_35bf920b_fk_catalog_category_id FOREIGN KEY (category_id) REFERENCES public.catalog_category(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_product_options
    ADD CONSTRAINT catalog_product_opti_product_id_fa0cba69_fk_catalog_p FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_product_options
    ADD CONSTRAINT catalog_product_options_option_id_d6249875_fk_catalog_option_id FOREIGN KEY (option_id) REFERENCES public.catalog_option(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_product
    ADD CONSTRAINT catalog_product_supplier_id_4dd661ea_fk_catalog_supplier_id FOREIGN KEY (supplier_id) REFERENCES public.catalog_supplier(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_productimage
    ADD CONSTRAINT catalog_productimage_colour_id_8d637c2c_fk_catalog_o FOREIGN KEY (colour_id) REFERENCES public.catalog_optionvalue(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_productimage
    ADD CONSTRAINT catalog_productimage_product_id_1f42dd8c_fk_catalog_product_id FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_variant
    ADD CONSTRAINT catalog_variant_product_id_8a21d193_fk_catalog_product_id FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_variantvalue
    ADD CONSTRAINT catalog_variantvalue_option_id_42357998_fk_catalog_option_id FOREIGN KEY (option_id) REFERENCES public.catalog_option(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_variantvalue
    ADD CONSTRAINT catalog_variantvalue_value_id_feeb1ec3_fk_catalog_o FOREIGN KEY (value_id) REFERENCES public.catalog_optionvalue(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_variantvalue
    ADD CONSTRAINT catalog_variantvalue_variant_id_6d971ba4_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_waitingentry
    ADD CONSTRAINT catalog_waitingentry_collection_id_84e45623_fk_catalog_c FOREIGN KEY (collection_id) REFERENCES public.catalog_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_waitingentry
    ADD CONSTRAINT catalog_waitingentry_user_id_19001888_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.catalog_waitingentry
    ADD CONSTRAINT catalog_waitingentry_variant_id_d07c5ce8_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_checkoutadjustment
    ADD CONSTRAINT checkoutadjustment_checkout_fk FOREIGN KEY (checkout_id) REFERENCES public.orders_checkoutsession(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.orders_checkoutadjustment
    ADD CONSTRAINT checkoutadjustment_line_fk FOREIGN KEY (line_id) REFERENCES public.orders_checkoutline(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.core_emaillog
    ADD CONSTRAINT core_emaillog_user_id_3002fcb2_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.core_outgoingattempt
    ADD CONSTRAINT core_outgoingattempt_delivery_id_124b51e5_fk_core_outg FOREIGN KEY (delivery_id) REFERENCES public.core_outgoingdelivery(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.core_outgoingdelivery
    ADD CONSTRAINT core_outgoingdeliver_endpoint_id_a2c6e3f0_fk_core_outg FOREIGN KEY (endpoint_id) REFERENCES public.core_outgoingendpoint(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.core_outgoingdelivery
    ADD CONSTRAINT core_outgoingdeliver_message_id_a0ae9ab3_fk_core_outg FOREIGN KEY (message_id) REFERENCES public.core_outgoingmessage(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_alertfiring
    ADD CONSTRAINT inventory_alertfirin_alert_id_7b872c2c_fk_inventory FOREIGN KEY (alert_id) REFERENCES public.inventory_stockalert(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_alertfiring
    ADD CONSTRAINT inventory_alertfiring_variant_id_385b653c_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_exportpart
    ADD CONSTRAINT inventory_exportpart_job_id_ebf5ddb2_fk_inventory_exportjob_id FOREIGN KEY (job_id) REFERENCES public.inventory_exportjob(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_importedrow
    ADD CONSTRAINT inventory_importedro_level_id_3907d360_fk_inventory FOREIGN KEY (level_id) REFERENCES public.inventory_stocklevel(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_importedrow
    ADD CONSTRAINT inventory_importedro_movement_id_100bf2ed_fk_inventory FOREIGN KEY (movement_id) REFERENCES public.inventory_stockmovement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_importedrow
    ADD CONSTRAINT inventory_importedrow_job_id_2eb3ce4b_fk_inventory_importjob_id FOREIGN KEY (job_id) REFERENCES public.inventory_importjob(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_importissue
    ADD CONSTRAINT inventory_importissue_job_id_e2fae025_fk_inventory_importjob_id FOREIGN KEY (job_id) REFERENCES public.inventory_importjob(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_purchaseorder
    ADD CONSTRAINT inventory_purchaseor_location_id_76a3d6e0_fk_inventory FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_purchaseorderline
    ADD CONSTRAINT inventory_purchaseor_order_id_2e62329b_fk_inventory FOREIGN KEY (order_id) REFERENCES public.inventory_purchaseorder(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_purchaseorder
    ADD CONSTRAINT inventory_purchaseor_supplier_id_c6bc28e9_fk_catalog_s FOREIGN KEY (supplier_id) REFERENCES public.catalog_supplier(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_purchaseorderline
    ADD CONSTRAINT inventory_purchaseor_variant_id_240ea32f_fk_catalog_v FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_purchasereceiptline
    ADD CONSTRAINT inventory_purchasere_line_id_011ff454_fk_inventory FOREIGN KEY (line_id) REFERENCES public.inventory_purchaseorderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_purchasereceipt
    ADD CONSTRAINT inventory_purchasere_order_id_70ee61e6_fk_inventory FOREIGN KEY (order_id) REFERENCES public.inventory_purchaseorder(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_purchasereceiptline
    ADD CONSTRAINT inventory_purchasere_receipt_id_bc59e6bb_fk_inventory FOREIGN KEY (receipt_id) REFERENCES public.inventory_purchasereceipt(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_reservation
    ADD CONSTRAINT inventory_reservatio_level_id_81171607_fk_inventory FOREIGN KEY (level_id) REFERENCES public.inventory_stocklevel(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_reservation
    ADD CONSTRAINT inventory_reservatio_location_id_5c6c0e8e_fk_inventory FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_reservation
    ADD CONSTRAINT inventory_reservation_variant_id_a7811c2f_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockalert
    ADD CONSTRAINT inventory_stockalert_category_id_fdf0dde6_fk_catalog_c FOREIGN KEY (category_id) REFERENCES public.catalog_category(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockalert
    ADD CONSTRAINT inventory_stockalert_variant_id_84d07954_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockcount
    ADD CONSTRAINT inventory_stockcount_category_id_09f6f700_fk_catalog_c FOREIGN KEY (category_id) REFERENCES public.catalog_category(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockcountline
    ADD CONSTRAINT inventory_stockcount_level_id_6a1cc6e2_fk_inventory FOREIGN KEY (level_id) REFERENCES public.inventory_stocklevel(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockcountentry
    ADD CONSTRAINT inventory_stockcount_line_id_1b02ade8_fk_inventory FOREIGN KEY (line_id) REFERENCES public.inventory_stockcountline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockcount
    ADD CONSTRAINT inventory_stockcount_location_id_977bf006_fk_inventory FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockcountline
    ADD CONSTRAINT inventory_stockcount_stock_count_id_4d6160c7_fk_inventory FOREIGN KEY (stock_count_id) REFERENCES public.inventory_stockcount(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stocklevel
    ADD CONSTRAINT inventory_stocklevel_location_id_14713b21_fk_inventory FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stocklevel
    ADD CONSTRAINT inventory_stocklevel_variant_id_24c2dc1f_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockmovement
    ADD CONSTRAINT inventory_stockmovem_level_id_463770a9_fk_inventory FOREIGN KEY (level_id) REFERENCES public.inventory_stocklevel(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockmovement
    ADD CONSTRAINT inventory_stockmovem_location_id_6893c668_fk_inventory FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockmovement
    ADD CONSTRAINT inventory_stockmovem_variant_id_ddd5a752_fk_catalog_v FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockrepair
    ADD CONSTRAINT inventory_stockrepai_level_id_6e9e7556_fk_inventory FOREIGN KEY (level_id) REFERENCES public.inventory_stocklevel(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockviolation
    ADD CONSTRAINT inventory_stockviola_level_id_cb21a9cb_fk_inventory FOREIGN KEY (level_id) REFERENCES public.inventory_stocklevel(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_stockviolation
    ADD CONSTRAINT inventory_stockviola_stock_check_id_3918b89a_fk_inventory FOREIGN KEY (stock_check_id) REFERENCES public.inventory_stockcheck(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_transfer
    ADD CONSTRAINT inventory_transfer_destination_id_9ba1071f_fk_inventory FOREIGN KEY (destination_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_transfer
    ADD CONSTRAINT inventory_transfer_source_id_37fc1dde_fk_inventory_location_id FOREIGN KEY (source_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_transferline
    ADD CONSTRAINT inventory_transferli_transfer_id_81657792_fk_inventory FOREIGN KEY (transfer_id) REFERENCES public.inventory_transfer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.inventory_transferline
    ADD CONSTRAINT inventory_transferli_variant_id_5b102f6c_fk_catalog_v FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cancellation
    ADD CONSTRAINT orders_cancellation_order_id_d4fb1677_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cancellation
    ADD CONSTRAINT orders_cancellation_reimbursement_id_9f42ee6b_fk_orders_re FOREIGN KEY (reimbursement_id) REFERENCES public.orders_reimbursement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cancellationline
    ADD CONSTRAINT orders_cancellationl_cancellation_id_656e300f_fk_orders_ca FOREIGN KEY (cancellation_id) REFERENCES public.orders_cancellation(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cancellationline
    ADD CONSTRAINT orders_cancellationl_order_line_id_58530771_fk_orders_or FOREIGN KEY (order_line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cart
    ADD CONSTRAINT orders_cart_user_id_121a069e_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cartline
    ADD CONSTRAINT orders_cartline_cart_id_af5e6867_fk_orders_cart_id FOREIGN KEY (cart_id) REFERENCES public.orders_cart(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_cartline
    ADD CONSTRAINT orders_cartline_variant_id_88b6307b_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_checkoutline
    ADD CONSTRAINT orders_checkoutline_checkout_id_f30eae4f_fk_orders_ch FOREIGN KEY (checkout_id) REFERENCES public.orders_checkoutsession(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_checkoutline
    ADD CONSTRAINT orders_checkoutline_variant_id_e16e529a_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_checkoutsession
    ADD CONSTRAINT orders_checkoutsessi_billing_address_id_dc2fe23b_fk_orders_ad FOREIGN KEY (billing_address_id) REFERENCES public.orders_addresssnapshot(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_checkoutsession
    ADD CONSTRAINT orders_checkoutsessi_shipping_address_id_bf2bf4cd_fk_orders_ad FOREIGN KEY (shipping_address_id) REFERENCES public.orders_addresssnapshot(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_checkoutsession
    ADD CONSTRAINT orders_checkoutsessi_shipping_rate_id_c131311c_fk_orders_sh FOREIGN KEY (shipping_rate_id) REFERENCES public.orders_shippingrate(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_checkoutsession
    ADD CONSTRAINT orders_checkoutsession_cart_id_ade7280e_fk_orders_cart_id FOREIGN KEY (cart_id) REFERENCES public.orders_cart(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_checkoutsession
    ADD CONSTRAINT orders_checkoutsession_user_id_724d75a2_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT orders_claim_order_id_23c9435e_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT orders_claim_reimbursement_id_920124ee_fk_orders_re FOREIGN KEY (reimbursement_id) REFERENCES public.orders_reimbursement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT orders_claim_rma_id_6a9dc6a9_fk_orders_return_id FOREIGN KEY (rma_id) REFERENCES public.orders_return(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_claim
    ADD CONSTRAINT orders_claim_shipment_id_058640b4_fk_orders_shipment_id FOREIGN KEY (shipment_id) REFERENCES public.orders_shipment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_claimfile
    ADD CONSTRAINT orders_claimfile_claim_id_75e142cb_fk_orders_claim_id FOREIGN KEY (claim_id) REFERENCES public.orders_claim(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_claimline
    ADD CONSTRAINT orders_claimline_claim_id_bc8fd783_fk_orders_claim_id FOREIGN KEY (claim_id) REFERENCES public.orders_claim(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_claimline
    ADD CONSTRAINT orders_claimline_order_line_id_edb87d95_fk_orders_orderline_id FOREIGN KEY (order_line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT orders_exchange_decision_id_5eb5733a_fk_orders_re FOREIGN KEY (decision_id) REFERENCES public.orders_returndecision(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT orders_exchange_order_id_62a18a87_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT orders_exchange_reimbursement_id_553cd83d_fk_orders_re FOREIGN KEY (reimbursement_id) REFERENCES public.orders_reimbursement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_exchange
    ADD CONSTRAINT orders_exchange_rma_id_3ee08f8c_fk_orders_return_id FOREIGN KEY (rma_id) REFERENCES public.orders_return(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_exchangecharge
    ADD CONSTRAINT orders_exchangecharg_exchange_id_22e4962d_fk_orders_ex FOREIGN KEY (exchange_id) REFERENCES public.orders_exchange(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_exchangecharge
    ADD CONSTRAINT orders_exchangecharge_payable_id_6892f13c_fk_orders_payable_id FOREIGN KEY (payable_id) REFERENCES public.orders_payable(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_foreigninvoicenumber
    ADD CONSTRAINT orders_foreigninvoic_series_id_bcdc57b1_fk_orders_in FOREIGN KEY (series_id) REFERENCES public.orders_invoiceseries(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_inspection
    ADD CONSTRAINT orders_inspection_found_id_6450255e_fk_orders_returnreason_id FOREIGN KEY (found_id) REFERENCES public.orders_returnreason(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_inspection
    ADD CONSTRAINT orders_inspection_line_id_be3d2430_fk_orders_returnline_id FOREIGN KEY (line_id) REFERENCES public.orders_returnline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_inspection
    ADD CONSTRAINT orders_inspection_location_id_f73f7fb3_fk_inventory_location_id FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_inspection
    ADD CONSTRAINT orders_inspection_movement_id_c242f558_fk_inventory FOREIGN KEY (movement_id) REFERENCES public.inventory_stockmovement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installment
    ADD CONSTRAINT orders_installment_plan_id_2376d06c_fk_orders_in FOREIGN KEY (plan_id) REFERENCES public.orders_installmentplan(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentbillline
    ADD CONSTRAINT orders_installmentbi_bill_id_b263cb5c_fk_orders_in FOREIGN KEY (bill_id) REFERENCES public.orders_installmentbill(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentbillline
    ADD CONSTRAINT orders_installmentbi_installment_id_efb92e54_fk_orders_in FOREIGN KEY (installment_id) REFERENCES public.orders_installment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentbill
    ADD CONSTRAINT orders_installmentbi_plan_id_cb4b474a_fk_orders_in FOREIGN KEY (plan_id) REFERENCES public.orders_installmentplan(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentbill
    ADD CONSTRAINT orders_installmentbill_payable_id_4f668b5c_fk_orders_payable_id FOREIGN KEY (payable_id) REFERENCES public.orders_payable(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentevent
    ADD CONSTRAINT orders_installmentev_installment_id_f7d50442_fk_orders_in FOREIGN KEY (installment_id) REFERENCES public.orders_installment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_categories
    ADD CONSTRAINT orders_installmentof_category_id_ec2e9777_fk_catalog_c FOREIGN KEY (category_id) REFERENCES public.catalog_category(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_collections
    ADD CONSTRAINT orders_installmentof_collection_id_a9c345ee_fk_catalog_c FOREIGN KEY (collection_id) REFERENCES public.catalog_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_groups
    ADD CONSTRAINT orders_installmentof_customergroup_id_59a7043f_fk_catalog_c FOREIGN KEY (customergroup_id) REFERENCES public.catalog_customergroup(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_collections
    ADD CONSTRAINT orders_installmentof_installmentoffer_id_53c68db1_fk_orders_in FOREIGN KEY (installmentoffer_id) REFERENCES public.orders_installmentoffer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_groups
    ADD CONSTRAINT orders_installmentof_installmentoffer_id_5f8ad2be_fk_orders_in FOREIGN KEY (installmentoffer_id) REFERENCES public.orders_installmentoffer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_customers
    ADD CONSTRAINT orders_installmentof_installmentoffer_id_820d60ff_fk_orders_in FOREIGN KEY (installmentoffer_id) REFERENCES public.orders_installmentoffer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_categories
    ADD CONSTRAINT orders_installmentof_installmentoffer_id_833d39a5_fk_orders_in FOREIGN KEY (installmentoffer_id) REFERENCES public.orders_installmentoffer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_products
    ADD CONSTRAINT orders_installmentof_installmentoffer_id_d2cbee68_fk_orders_in FOREIGN KEY (installmentoffer_id) REFERENCES public.orders_installmentoffer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_products
    ADD CONSTRAINT orders_installmentof_product_id_a0ce889f_fk_catalog_p FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentoffer_customers
    ADD CONSTRAINT orders_installmentof_user_id_1206ba77_fk_accounts_ FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentplan
    ADD CONSTRAINT orders_installmentpl_quote_id_f4107341_fk_orders_in FOREIGN KEY (quote_id) REFERENCES public.orders_installmentquote(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentplan
    ADD CONSTRAINT orders_installmentplan_order_id_6912da55_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentplan
    ADD CONSTRAINT orders_installmentplan_user_id_fc9fa0a0_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentquote
    ADD CONSTRAINT orders_installmentqu_checkout_id_87e340e0_fk_orders_ch FOREIGN KEY (checkout_id) REFERENCES public.orders_checkoutsession(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_installmentquote
    ADD CONSTRAINT orders_installmentqu_offer_id_d24aeda0_fk_orders_in FOREIGN KEY (offer_id) REFERENCES public.orders_installmentoffer(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_charge_id_66fa4ed6_fk_orders_exchangecharge_id FOREIGN KEY (charge_id) REFERENCES public.orders_exchangecharge(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_order_id_bc372e79_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_reimbursement_id_ae225770_fk_orders_re FOREIGN KEY (reimbursement_id) REFERENCES public.orders_reimbursement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_related_to_id_d3c052f1_fk_orders_invoice_id FOREIGN KEY (related_to_id) REFERENCES public.orders_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoice
    ADD CONSTRAINT orders_invoice_series_id_7b909240_fk_orders_invoiceseries_id FOREIGN KEY (series_id) REFERENCES public.orders_invoiceseries(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoicefile
    ADD CONSTRAINT orders_invoicefile_invoice_id_94c5f582_fk_orders_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.orders_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoiceline
    ADD CONSTRAINT orders_invoiceline_credits_id_674d0996_fk_orders_invoiceline_id FOREIGN KEY (credits_id) REFERENCES public.orders_invoiceline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoiceline
    ADD CONSTRAINT orders_invoiceline_invoice_id_e0ebe73f_fk_orders_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.orders_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoiceline
    ADD CONSTRAINT orders_invoiceline_order_line_id_80e520f8_fk_orders_or FOREIGN KEY (order_line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_invoicemessage
    ADD CONSTRAINT orders_invoicemessage_invoice_id_85d411ae_fk_orders_invoice_id FOREIGN KEY (invoice_id) REFERENCES public.orders_invoice(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_labelpurchase
    ADD CONSTRAINT orders_labelpurchase_shipment_id_afa75810_fk_orders_shipment_id FOREIGN KEY (shipment_id) REFERENCES public.orders_shipment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_labelvoid
    ADD CONSTRAINT orders_labelvoid_purchase_id_b1330cbc_fk_orders_la FOREIGN KEY (purchase_id) REFERENCES public.orders_labelpurchase(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_billing_address_id_deb02e83_fk_orders_ad FOREIGN KEY (billing_address_id) REFERENCES public.orders_addresssnapshot(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_checkout_id_85d473d1_fk_orders_checkoutsession_id FOREIGN KEY (checkout_id) REFERENCES public.orders_checkoutsession(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_shipping_address_id_c4f8227a_fk_orders_ad FOREIGN KEY (shipping_address_id) REFERENCES public.orders_addresssnapshot(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_order
    ADD CONSTRAINT orders_order_user_id_e9b59eb1_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderadjustment
    ADD CONSTRAINT orders_orderadjustment_line_id_59f6c349_fk_orders_orderline_id FOREIGN KEY (line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderadjustment
    ADD CONSTRAINT orders_orderadjustment_order_id_f607005d_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderhold
    ADD CONSTRAINT orders_orderhold_order_id_206e1c1c_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderline
    ADD CONSTRAINT orders_orderline_order_id_17f8f3ef_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderline
    ADD CONSTRAINT orders_orderline_variant_id_0aa9a0d5_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderpick
    ADD CONSTRAINT orders_orderpick_line_id_c55dbbfe_fk_orders_orderline_id FOREIGN KEY (line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_orderpick
    ADD CONSTRAINT orders_orderpick_location_id_3757f0f3_fk_inventory_location_id FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_parcel
    ADD CONSTRAINT orders_parcel_shipment_id_0f0df3f8_fk_orders_shipment_id FOREIGN KEY (shipment_id) REFERENCES public.orders_shipment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_payable
    ADD CONSTRAINT orders_payable_purchase_id_f09986ff_fk_orders_ch FOREIGN KEY (purchase_id) REFERENCES public.orders_checkoutsession(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_reimbursement
    ADD CONSTRAINT orders_reimbursement_order_id_ed19b86a_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_reimbursementline
    ADD CONSTRAINT orders_reimbursement_order_line_id_fdbdd5b1_fk_orders_or FOREIGN KEY (order_line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_reimbursementline
    ADD CONSTRAINT orders_reimbursement_reimbursement_id_f2b5f166_fk_orders_re FOREIGN KEY (reimbursement_id) REFERENCES public.orders_reimbursement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_claim_id_51b86341_fk_orders_claim_id FOREIGN KEY (claim_id) REFERENCES public.orders_claim(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_claim_line_id_5b59bce7_fk_orders_cl FOREIGN KEY (claim_line_id) REFERENCES public.orders_claimline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_exchange_id_d77c5bc8_fk_orders_exchange_id FOREIGN KEY (exchange_id) REFERENCES public.orders_exchange(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_line_id_0d77bf8d_fk_orders_orderline_id FOREIGN KEY (line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_replaced_id_27c60cf1_fk_orders_orderline_id FOREIGN KEY (replaced_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_return_line_id_afca3bb7_fk_orders_re FOREIGN KEY (return_line_id) REFERENCES public.orders_returnline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_replacement
    ADD CONSTRAINT orders_replacement_variant_id_78240a32_fk_catalog_variant_id FOREIGN KEY (variant_id) REFERENCES public.catalog_variant(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_return
    ADD CONSTRAINT orders_return_order_id_cde1ef50_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_return
    ADD CONSTRAINT orders_return_withdrawal_id_623bc679_fk_orders_wi FOREIGN KEY (withdrawal_id) REFERENCES public.orders_withdrawalrequest(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returndecisionline
    ADD CONSTRAINT orders_returndecisio_decision_id_2638a260_fk_orders_re FOREIGN KEY (decision_id) REFERENCES public.orders_returndecision(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returndecisionline
    ADD CONSTRAINT orders_returndecisio_line_id_fc4b5876_fk_orders_re FOREIGN KEY (line_id) REFERENCES public.orders_returnline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returndecision
    ADD CONSTRAINT orders_returndecisio_reimbursement_id_f9dcdafe_fk_orders_re FOREIGN KEY (reimbursement_id) REFERENCES public.orders_reimbursement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returndecision
    ADD CONSTRAINT orders_returndecision_rma_id_63153b7c_fk_orders_return_id FOREIGN KEY (rma_id) REFERENCES public.orders_return(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnfile
    ADD CONSTRAINT orders_returnfile_rma_id_147ed7d3_fk_orders_return_id FOREIGN KEY (rma_id) REFERENCES public.orders_return(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnline
    ADD CONSTRAINT orders_returnline_order_line_id_d1776790_fk_orders_orderline_id FOREIGN KEY (order_line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnline
    ADD CONSTRAINT orders_returnline_reason_id_c098fa90_fk_orders_returnreason_id FOREIGN KEY (reason_id) REFERENCES public.orders_returnreason(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnline
    ADD CONSTRAINT orders_returnline_rma_id_ed80c0a1_fk_orders_return_id FOREIGN KEY (rma_id) REFERENCES public.orders_return(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnpolicy
    ADD CONSTRAINT orders_returnpolicy_collection_id_80deefbe_fk_catalog_c FOREIGN KEY (collection_id) REFERENCES public.catalog_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnpolicy
    ADD CONSTRAINT orders_returnpolicy_product_id_8a82c8f1_fk_catalog_product_id FOREIGN KEY (product_id) REFERENCES public.catalog_product(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnreceiptline
    ADD CONSTRAINT orders_returnreceipt_line_id_4bca50c1_fk_orders_re FOREIGN KEY (line_id) REFERENCES public.orders_returnline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnreceipt
    ADD CONSTRAINT orders_returnreceipt_location_id_9475db9e_fk_inventory FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnreceiptline
    ADD CONSTRAINT orders_returnreceipt_movement_id_a61cb299_fk_inventory FOREIGN KEY (movement_id) REFERENCES public.inventory_stockmovement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnreceiptline
    ADD CONSTRAINT orders_returnreceipt_receipt_id_c38d6523_fk_orders_re FOREIGN KEY (receipt_id) REFERENCES public.orders_returnreceipt(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_returnreceipt
    ADD CONSTRAINT orders_returnreceipt_rma_id_eba03610_fk_orders_return_id FOREIGN KEY (rma_id) REFERENCES public.orders_return(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT orders_shipment_location_id_d4cedc7b_fk_inventory_location_id FOREIGN KEY (location_id) REFERENCES public.inventory_location(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT orders_shipment_method_id_cf76840c_fk_orders_shippingmethod_id FOREIGN KEY (method_id) REFERENCES public.orders_shippingmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shipment
    ADD CONSTRAINT orders_shipment_order_id_661ed8ed_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shipmentfollowup
    ADD CONSTRAINT orders_shipmentfollo_shipment_id_517c6647_fk_orders_sh FOREIGN KEY (shipment_id) REFERENCES public.orders_shipment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shipmentline
    ADD CONSTRAINT orders_shipmentline_order_line_id_ca48a18c_fk_orders_or FOREIGN KEY (order_line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shipmentline
    ADD CONSTRAINT orders_shipmentline_shipment_id_fa484a42_fk_orders_shipment_id FOREIGN KEY (shipment_id) REFERENCES public.orders_shipment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shippingquote
    ADD CONSTRAINT orders_shippingquote_method_id_68f6dc7e_fk_orders_sh FOREIGN KEY (method_id) REFERENCES public.orders_shippingmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shippingrate
    ADD CONSTRAINT orders_shippingrate_method_id_0bc7f9f9_fk_orders_sh FOREIGN KEY (method_id) REFERENCES public.orders_shippingmethod(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_shippingrate
    ADD CONSTRAINT orders_shippingrate_zone_id_5163a24d_fk_orders_shippingzone_id FOREIGN KEY (zone_id) REFERENCES public.orders_shippingzone(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_trackingevent
    ADD CONSTRAINT orders_trackingevent_shipment_id_a6d426c7_fk_orders_shipment_id FOREIGN KEY (shipment_id) REFERENCES public.orders_shipment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.orders_withdrawalrequest
    ADD CONSTRAINT orders_withdrawalrequest_order_id_f132f3b4_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_payment
    ADD CONSTRAINT payment_payable_fk FOREIGN KEY (payable_id) REFERENCES public.orders_payable(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_bankcredit
    ADD CONSTRAINT payments_bankcredit_confirms_id_70d50609_fk_payments_ FOREIGN KEY (confirms_id) REFERENCES public.payments_bankcredit(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_bankcredit
    ADD CONSTRAINT payments_bankcredit_instruction_id_c2adb127_fk_payments_ FOREIGN KEY (instruction_id) REFERENCES public.payments_transferinstruction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_bankcredit
    ADD CONSTRAINT payments_bankcredit_statement_id_e6d99199_fk_payments_ FOREIGN KEY (statement_id) REFERENCES public.payments_bankstatement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_bankrequest
    ADD CONSTRAINT payments_bankrequest_refund_id_f6325db5_fk_payments_refund_id FOREIGN KEY (refund_id) REFERENCES public.payments_refund(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_dispute
    ADD CONSTRAINT payments_dispute_payment_id_2344937c_fk_payments_payment_id FOREIGN KEY (payment_id) REFERENCES public.payments_payment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_disputeevidence
    ADD CONSTRAINT payments_disputeevid_dispute_id_c9979e04_fk_payments_ FOREIGN KEY (dispute_id) REFERENCES public.payments_dispute(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_disputenote
    ADD CONSTRAINT payments_disputenote_dispute_id_7f81c514_fk_payments_dispute_id FOREIGN KEY (dispute_id) REFERENCES public.payments_dispute(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_payment
    ADD CONSTRAINT payments_payment_attempt_id_4aaad853_fk_payments_ FOREIGN KEY (attempt_id) REFERENCES public.payments_paymentattempt(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_payment
    ADD CONSTRAINT payments_payment_order_id_22c479b7_fk_orders_order_id FOREIGN KEY (order_id) REFERENCES public.orders_order(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_paymentattempt
    ADD CONSTRAINT payments_paymentatte_checkout_id_decf63b3_fk_orders_ch FOREIGN KEY (checkout_id) REFERENCES public.orders_checkoutsession(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_paymentattempt
    ADD CONSTRAINT payments_paymentatte_payable_id_317c9f0c_fk_orders_pa FOREIGN KEY (payable_id) REFERENCES public.orders_payable(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_payoutline
    ADD CONSTRAINT payments_payoutline_payment_id_8a218ee5_fk_payments_payment_id FOREIGN KEY (payment_id) REFERENCES public.payments_payment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_payoutline
    ADD CONSTRAINT payments_payoutline_refund_id_38e7600b_fk_payments_refund_id FOREIGN KEY (refund_id) REFERENCES public.payments_refund(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_payoutline
    ADD CONSTRAINT payments_payoutline_report_id_0859ef85_fk_payments_ FOREIGN KEY (report_id) REFERENCES public.payments_payoutreport(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_refund
    ADD CONSTRAINT payments_refund_payment_id_a70693f7_fk_payments_payment_id FOREIGN KEY (payment_id) REFERENCES public.payments_payment(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_refundline
    ADD CONSTRAINT payments_refundline_order_line_id_043ca659_fk_orders_or FOREIGN KEY (order_line_id) REFERENCES public.orders_orderline(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_refundline
    ADD CONSTRAINT payments_refundline_refund_id_d434cea0_fk_payments_refund_id FOREIGN KEY (refund_id) REFERENCES public.payments_refund(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_reimbursementpart
    ADD CONSTRAINT payments_reimburseme_refund_id_9add744f_fk_payments_ FOREIGN KEY (refund_id) REFERENCES public.payments_refund(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_reimbursementpart
    ADD CONSTRAINT payments_reimburseme_reimbursement_id_75b81691_fk_orders_re FOREIGN KEY (reimbursement_id) REFERENCES public.orders_reimbursement(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_transferinstruction
    ADD CONSTRAINT payments_transferins_attempt_id_9b2780ef_fk_payments_ FOREIGN KEY (attempt_id) REFERENCES public.payments_paymentattempt(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.payments_transferreceipt
    ADD CONSTRAINT payments_transferrec_instruction_id_3ee28c47_fk_payments_ FOREIGN KEY (instruction_id) REFERENCES public.payments_transferinstruction(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_user_id_af5e0a6d_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES public.accounts_user(id) DEFERRABLE INITIALLY DEFERRED;
