"""Claims: units that came damaged, wrong or faulty, or never came; the goods usually stay where they are."""
